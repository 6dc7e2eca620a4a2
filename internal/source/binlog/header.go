package binlog

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"

	"github.com/go-mysql-org/go-mysql/replication"
)

const (
	headerSize   = replication.EventHeaderSize
	checksumSize = replication.BinlogChecksumLength
)

// Kinds of events that the library has no name for.
const (
	mariaWriteCompressed2  replication.EventType = 169
	mariaUpdateCompressed2 replication.EventType = 170
	mariaDeleteCompressed2 replication.EventType = 171
)

// header is the start of each event.
type header struct {
	time   uint32 // seconds since 1970
	server uint32 // server_id of where it was first logged
	kind   replication.EventType
	size   uint32
	end    uint32 // offset after the event, its low 32 bits; 0 where the server tells none
	flags  uint16
}

func parseHeader(data []byte) (header, error) {
	if len(data) < headerSize {
		return header{}, errShort
	}
	h := header{
		time:   binary.LittleEndian.Uint32(data),
		server: binary.LittleEndian.Uint32(data[5:]),
		kind:   replication.EventType(data[4]),
		size:   binary.LittleEndian.Uint32(data[9:]),
		end:    binary.LittleEndian.Uint32(data[13:]),
		flags:  binary.LittleEndian.Uint16(data[17:]),
	}
	if int(h.size) != len(data) {
		return h, fmt.Errorf("the event has %d bytes, and says %d", len(data), h.size)
	}
	return h, nil
}

// artificial is true for events that the server makes up for the connection:
// they are not in the file and have no place in it.
func (h header) artificial() bool { return h.flags&replication.LOG_EVENT_ARTIFICIAL_F != 0 }

// checked says whether the last four bytes of an event are its checksum.
func checked(data []byte) bool {
	at := len(data) - checksumSize
	return at >= headerSize && crc32.ChecksumIEEE(data[:at]) == binary.LittleEndian.Uint32(data[at:])
}
