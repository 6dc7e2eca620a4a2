package binlog

import (
	"context"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/go-mysql-org/go-mysql/client"
	"github.com/go-mysql-org/go-mysql/mysql"
	"github.com/go-mysql-org/go-mysql/replication"

	"pgchameleon/internal/event"
	"pgchameleon/internal/fault"
	"pgchameleon/internal/source/dial"
	"pgchameleon/internal/source/inspect"
)

// lowestID is the least server_id that is chosen: low ones are people's.
const lowestID = 1000

// ask prepares the session, registers as a replica and asks for the log.
func (s *Stream) ask(ctx context.Context, conn *client.Conn, server *inspect.Server, from event.Position, tracker *Tracker) error {
	id, err := s.serverID(ctx, conn, server)
	if err != nil {
		return err
	}
	uuid := s.identity[:8] + "-" + s.identity[8:12] + "-" + s.identity[12:16] + "-" + s.identity[16:20] + "-" + s.identity[20:]
	settings := []string{
		fmt.Sprintf("SET SESSION net_write_timeout=%d", int(patience/time.Second)),
		fmt.Sprintf("SET @master_heartbeat_period=%d, @source_heartbeat_period=%d", heartbeat, heartbeat),
		"SET @master_binlog_checksum=@@GLOBAL.binlog_checksum, @source_binlog_checksum=@@GLOBAL.binlog_checksum",
		fmt.Sprintf("SET @slave_uuid='%s', @replica_uuid='%s'", uuid, uuid),
	}
	if server.Flavor == event.MariaDB {
		settings = append(settings, "SET @mariadb_slave_capability=4") // it may send GTIDs
		if byGTID(server, from) {
			settings = append(settings, "SET @slave_connect_state="+dial.Literal(tracker.set.String()),
				"SET @slave_gtid_strict_mode=1", "SET @slave_gtid_ignore_duplicates=0")
		}
	}
	if err := dial.Exec(ctx, conn, settings...); err != nil {
		return fmt.Errorf("preparing to read the binary log: %w", err)
	}
	if err := register(conn, id, s.host(), s.options.Dial); err != nil {
		return fmt.Errorf("registering as a replica: %w", dial.Classify(err))
	}
	if err := dump(conn, id, server, from, tracker); err != nil {
		return fmt.Errorf("asking for the binary log: %w", dial.Classify(err))
	}
	s.options.Log.Info("binary log stream asked for", "server", server.ID, "version", server.VersionText, "server_id", id,
		"by_gtid", byGTID(server, from), "position", from.String())
	return nil
}

// host is the name under which the server lists the stream among its replicas.
func (s *Stream) host() string { return "pg_chameleon-" + s.identity[:12] }

// serverID gives the configured server_id, or a free one. Two replicas with one
// id would throw each other off the server.
func (s *Stream) serverID(ctx context.Context, conn *client.Conn, server *inspect.Server) (uint32, error) {
	command := "SHOW SLAVE HOSTS"
	if server.Flavor == event.MySQL && server.Version >= 80022 {
		command = "SHOW REPLICAS"
	}
	taken := map[uint32]string{}
	rows, err := dial.Text(ctx, conn, command)
	if err != nil && fault.KindOf(err) != fault.Environment { // some servers want a privilege for it: then nothing is known
		return 0, fmt.Errorf("listing the server's replicas: %w", err)
	}
	for _, row := range rows {
		if id, err := strconv.ParseUint(row[0], 10, 32); err == nil && row[1] != s.host() {
			taken[uint32(id)] = row[1]
		}
	}
	taken[server.ServerID] = "the source itself"
	id := s.options.ServerID
	if id == 0 {
		for id = 0; id == 0 || taken[id] != ""; {
			id = lowestID + rand.Uint32N(1<<32-1-lowestID)
		}
		return id, nil
	}
	if by, found := taken[id]; found {
		return 0, fault.New(fault.Retry, "set my_server_id to another number, or leave it out", "the server_id %d is in use (by %s)", id, by)
	}
	return id, nil
}

// register makes the stream show up in the server's list of replicas.
func register(conn *client.Conn, id uint32, host string, cfg dial.Config) error {
	packet := append(make([]byte, 4), mysql.COM_REGISTER_SLAVE)
	packet = binary.LittleEndian.AppendUint32(packet, id)
	packet = append(append(packet, byte(len(host))), host...)
	user := cfg.User[:min(len(cfg.User), 255)]
	packet = append(append(packet, byte(len(user))), user...)
	packet = append(packet, 0)    // no password
	packet = append(packet, 0, 0) // no port
	packet = append(packet, make([]byte, 8)...)
	conn.ResetSequence()
	if err := conn.WritePacket(packet); err != nil {
		return err
	}
	_, err := conn.ReadOKPacket()
	return err
}

// dump asks for the log from the position on.
func dump(conn *client.Conn, id uint32, server *inspect.Server, from event.Position, tracker *Tracker) error {
	var flags uint16
	file, offset := from.File, from.Offset
	if server.Flavor == event.MariaDB {
		flags = replication.BINLOG_SEND_ANNOTATE_ROWS_EVENT // left out, they would make gaps in the offsets
		if byGTID(server, from) {
			file, offset = "", 4 // slave_connect_state says it
		}
	}
	var packet []byte
	if set, isMySQL := tracker.set.(intervals); isMySQL && byGTID(server, from) {
		packet = append(make([]byte, 4), mysql.COM_BINLOG_DUMP_GTID)
		packet = binary.LittleEndian.AppendUint16(packet, flags)
		packet = binary.LittleEndian.AppendUint32(packet, id)
		packet = binary.LittleEndian.AppendUint32(packet, 0) // no file name
		packet = binary.LittleEndian.AppendUint64(packet, 4)
		executed := set.encode()
		packet = binary.LittleEndian.AppendUint32(packet, uint32(len(executed)))
		packet = append(packet, executed...)
	} else {
		packet = append(make([]byte, 4), mysql.COM_BINLOG_DUMP)
		packet = binary.LittleEndian.AppendUint32(packet, uint32(max(offset, 4)))
		packet = binary.LittleEndian.AppendUint16(packet, flags)
		packet = binary.LittleEndian.AppendUint32(packet, id)
		packet = append(packet, file...)
	}
	conn.ResetSequence()
	return conn.WritePacket(packet)
}
