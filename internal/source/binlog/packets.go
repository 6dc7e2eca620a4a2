package binlog

import (
	"bufio"
	"fmt"
	"io"
	"net"

	"github.com/go-mysql-org/go-mysql/mysql"
)

const (
	window    = 64 << 10  // what is read from the network at once
	maxPacket = 1<<24 - 1 // a longer event comes in several packets
	slabSize  = 64 << 10  // memory that small packets share
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
	length, err := p.header()
	if err != nil {
		return nil, err
	}
	packet := p.room(length)
	if _, err := io.ReadFull(p.in, packet); err != nil {
		return nil, err
	}
	for length == maxPacket {
		if length, err = p.header(); err != nil {
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

func (p *packets) header() (int, error) {
	head, err := p.in.Peek(4)
	if err != nil {
		return 0, err
	}
	length, seq := int(head[0])|int(head[1])<<8|int(head[2])<<16, head[3]
	if seq != p.seq {
		return 0, fmt.Errorf("packet %d came where %d was due: %w", seq, p.seq, mysql.ErrMalformPacket)
	}
	p.seq++
	_, err = p.in.Discard(4)
	return length, err
}
