package binlog

import (
	"bufio"
	"io"
	"net"

	"pgchameleon/internal/source/dial"
)

const (
	window   = 64 << 10 // what is read from the network at once
	slabSize = 64 << 10 // memory that small packets share
)

// packets reads the packets of a connection whose stream has been asked for. What it gives
// stays as it is: events refer to it until they are applied. Small packets share slabs, since one
// allocation for each is a large part of what reading costs.
type packets struct {
	in   *bufio.Reader
	seq  byte
	slab []byte // what is left of it
}

func newPackets(conn net.Conn) *packets {
	return &packets{in: bufio.NewReaderSize(conn, window), seq: 1}
}

// next reads one packet, or several that belong together.
func (p *packets) next() ([]byte, error) {
	length, err := dial.PacketHeader(p.in, &p.seq)
	if err != nil {
		return nil, err
	}
	packet := p.room(length)
	if _, err := io.ReadFull(p.in, packet); err != nil {
		return nil, err
	}
	for length == dial.MaxPacket {
		if length, err = dial.PacketHeader(p.in, &p.seq); err != nil {
			return nil, err
		}
		at := len(packet)
		packet = append(packet, make([]byte, length)...)
		if _, err := io.ReadFull(p.in, packet[at:]); err != nil {
			return nil, err
		}
	}
	return packet, nil
}

func (p *packets) room(length int) []byte {
	if length > slabSize/8 {
		return make([]byte, length)
	}
	if length > len(p.slab) {
		p.slab = make([]byte, slabSize)
	}
	room := p.slab[:length:length]
	p.slab = p.slab[length:]
	return room
}
