package dial

import (
	"bufio"
	"fmt"

	"github.com/go-mysql-org/go-mysql/mysql"

	"pgchameleon/internal/fault"
)

// MaxPacket is the length of a packet that goes on in the next one.
const MaxPacket = 1<<24 - 1

// PacketHeader reads a packet's header and gives its length. The packet must be the one that is
// due, and seq becomes the number of the next.
func PacketHeader(in *bufio.Reader, seq *byte) (length int, err error) {
	head, err := in.Peek(4)
	if err != nil {
		return 0, err
	}
	length, number := int(head[0])|int(head[1])<<8|int(head[2])<<16, head[3]
	if number != *seq {
		return 0, fault.Wrap(fault.Retry, fmt.Errorf("packet %d came where %d was due: %w", number, *seq, mysql.ErrMalformPacket))
	}
	*seq++
	_, err = in.Discard(4)
	return length, err
}
