package relay

import (
	"context"
	_ "embed"
	"fmt"

	"github.com/klauspost/compress/zstd"
	"golang.org/x/sync/errgroup"

	"pgchameleon/internal/event"
	"pgchameleon/internal/target/dial"
)

//go:embed sql/append.sql
var appendSQL string

//go:embed sql/stand.sql
var standSQL string

const (
	asyncSQL   = "SET synchronous_commit = off" // what a crash of the server loses is read again, from the position that is lost with it
	blockBytes = 1 << 20                        // of events; then a block is closed
	rowBytes   = 8 << 20                        // of a packed block; the rest of it goes into further rows
	storeBytes = 16 << 20                       // that one statement stores, about
	rowCost    = 200                            // of disk, besides the bytes of a row
)

// packer turns transactions into what a row holds.
type packer struct {
	zip   *zstd.Encoder
	unzip *zstd.Decoder
	plain []byte // reused
}

func newPacker() (packer, error) {
	zip, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(zstd.SpeedFastest))
	if err != nil {
		return packer{}, fmt.Errorf("preparing to compress: %w", err)
	}
	unzip, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1))
	if err != nil {
		return packer{}, fmt.Errorf("preparing to decompress: %w", err)
	}
	return packer{zip: zip, unzip: unzip}, nil
}

// Run stores what is appended and drops what is applied, until ctx ends.
func (p *Postgres) Run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return p.store(ctx) })
	group.Go(func() error { return p.tidy(ctx) })
	return group.Wait()
}

// store writes what is appended, as much together as has come in meanwhile.
func (p *Postgres) store(ctx context.Context) error {
	if _, err := p.storing.Exec(ctx, asyncSQL); err != nil {
		return fmt.Errorf("preparing to store what is read: %w", dial.Classify(err))
	}
	for {
		if err := p.closeLarge(ctx); err != nil {
			return err
		}
		if err := p.room(ctx); err != nil {
			return err
		}
		list, idle := p.collect()
		if len(list) == 0 && idle == nil {
			select {
			case <-p.fed:
				continue
			case <-ctx.Done():
				return context.Cause(ctx)
			}
		}
		if err := p.put(ctx, list, idle); err != nil {
			return err
		}
	}
}

// room waits while the log takes all that it may.
func (p *Postgres) room(ctx context.Context) error {
	for {
		p.mu.Lock()
		before := p.full
		alone := p.starving && p.whole < p.last // the rest of a transaction is waited for, of which all else was taken
		p.full = p.disk() >= p.o.Disk && len(p.pending) > 0 && p.recorded && !alone
		full, disk := p.full, p.disk()
		p.mu.Unlock()
		switch {
		case full && !before:
			p.o.Log.Warn("the relay is full: reading waits for the replay", "bytes", disk, "limit", p.o.Disk)
		case !full && before:
			p.o.Log.Info("the relay has room again", "bytes", disk, "limit", p.o.Disk)
		}
		if !full {
			return nil
		}
		select {
		case <-p.freed:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// collect takes what is to be stored in one go, and the position of an idle source if all before it
// is stored with that.
func (p *Postgres) collect() (list []*event.Transaction, idle *event.Transaction) {
	p.mu.Lock()
	defer p.mu.Unlock()
	n, bytes, most := 0, 0, int(min(storeBytes, p.segmentSize()))
	for n < len(p.pending) && (n == 0 || bytes+p.pending[n].Size <= most) {
		bytes += p.pending[n].Size + overhead
		n++
	}
	list, p.pending, p.bytes = p.pending[:n:n], p.pending[n:], p.bytes-bytes
	if len(p.pending) == 0 {
		p.pending, p.bytes = nil, 0
	}
	if p.idle != p.told && len(p.pending) == 0 {
		idle = p.idle
	}
	p.busy = len(list) > 0
	return list, idle
}

// put stores transactions, and then where an idle source stands.
func (p *Postgres) put(ctx context.Context, list []*event.Transaction, idle *event.Transaction) error {
	signal(p.eaten)
	p.mu.Lock()
	none := len(p.segments) == 0
	p.mu.Unlock()
	if none {
		if err := p.begin(ctx); err != nil {
			return err
		}
	}
	if len(list) > 0 {
		if err := p.insert(ctx, list); err != nil {
			return fmt.Errorf("storing what was read: %w", dial.Classify(err))
		}
		p.o.Stored(list[len(list)-1], p.Position())
	}
	if idle != nil {
		if err := p.stand(ctx, *idle.Idle); err != nil {
			return fmt.Errorf("storing up to where was read: %w", dial.Classify(err))
		}
		p.mu.Lock()
		p.told = idle
		p.mu.Unlock()
		p.o.Stored(idle, p.Position())
	}
	signal(p.stored)
	return nil
}

// rows are the columns of rows that are stored by one statement.
type rows struct {
	number       []int64
	more         []bool
	transactions []int64
	bytes        []int64
	server       []string
	file         []string
	end          []int64
	gtid         []string
	data         [][]byte
	size         int
}

// insert stores transactions in blocks. The position moves with the last statement that
// brings one to its end.
func (p *Postgres) insert(ctx context.Context, list []*event.Transaction) error {
	var blocks []block
	r := &rows{}
	for last := p.last; len(list) > 0; {
		n := blockOf(list)
		b, packed := block{first: last + 1, list: list[:n:n]}, p.packed(list[:n])
		for _, t := range b.list {
			b.bytes += t.Size + overhead
		}
		for len(packed) > 0 {
			part := packed[:min(len(packed), rowBytes)]
			packed = packed[len(part):]
			last++
			r.add(last, &b, part, len(packed) > 0)
			if r.size >= storeBytes && len(packed) > 0 {
				if err := p.write(ctx, r, nil); err != nil {
					return err
				}
				r = &rows{}
			}
		}
		b.last, list = last, list[n:]
		blocks = append(blocks, b)
	}
	return p.write(ctx, r, blocks)
}

// blockOf says how many of the transactions go into the first block. A piece of a
// transaction has one of its own: the log can be cut off before it.
func blockOf(list []*event.Transaction) int {
	bytes := 0
	for n, t := range list {
		alone := !t.First || !t.Final
		if n > 0 && (alone || bytes+t.Size > blockBytes) {
			return n
		}
		if alone {
			return n + 1
		}
		bytes += t.Size + overhead
	}
	return len(list)
}

// packed gives transactions as a row holds them.
func (p *Postgres) packed(list []*event.Transaction) []byte {
	p.pack.plain = encode(p.pack.plain[:0], list)
	packed := p.o.Seal(p.pack.zip.EncodeAll(p.pack.plain, nil))
	if cap(p.pack.plain) > 4*blockBytes {
		p.pack.plain = nil
	}
	return packed
}

func (r *rows) add(number int64, b *block, data []byte, more bool) {
	end := b.list[len(b.list)-1]
	transactions, bytes := int64(len(b.list)), int64(b.bytes)
	if more { // they count once
		transactions, bytes = 0, 0
	}
	r.number, r.more, r.transactions, r.bytes = append(r.number, number), append(r.more, more), append(r.transactions, transactions), append(r.bytes, bytes)
	r.server, r.file, r.end, r.gtid = append(r.server, end.Server), append(r.file, end.File), append(r.end, int64(end.End)), append(r.gtid, end.GTID) // #nosec G115 -- an offset
	r.data, r.size = append(r.data, data), r.size+len(data)
}

// write stores rows, and takes notice of the blocks that are complete with them.
func (p *Postgres) write(ctx context.Context, r *rows, blocks []block) error {
	whole := p.whole
	for _, b := range blocks {
		for _, t := range b.list {
			if err := p.reading.Add(t); err != nil {
				return fmt.Errorf("advancing the position: %w", err)
			}
			if t.Final {
				whole = b.last
			}
		}
	}
	read := p.read
	if whole != p.whole {
		read = p.reading.Position()
	}
	p.mu.Lock()
	open := &p.segments[len(p.segments)-1]
	p.mu.Unlock()
	tag, err := p.storing.Exec(ctx, fmt.Sprintf(appendSQL, p.table(open.number)), p.o.Source, p.o.Epoch, read.Encode(), whole, p.first, p.o.Keeps,
		r.number, r.more, r.transactions, r.bytes, r.server, r.file, r.end, r.gtid, r.data)
	if err != nil {
		return err
	}
	if tag.RowsAffected() == 0 {
		return p.o.Fenced
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	n := len(r.number) - 1
	open = &p.segments[len(p.segments)-1]
	open.size += int64(r.size+r.size/32) + int64(len(r.number)*rowCost)
	open.end = &event.Transaction{Server: r.server[n], File: r.file[n], End: uint64(r.end[n]), GTID: r.gtid[n]} // #nosec G115 -- an offset
	p.recorded = true
	if len(blocks) > 0 {
		p.last, p.whole, p.read, p.busy = r.number[n], whole, read, false
		p.keep(blocks)
	}
	return nil
}

// keep holds blocks in memory as long as there is room.
func (p *Postgres) keep(blocks []block) {
	for _, b := range blocks {
		p.tail, p.tailed = append(p.tail, b), p.tailed+b.bytes
	}
	for len(p.tail) > 0 && p.tailed > p.o.Memory/2 {
		p.tailed -= p.tail[0].bytes
		p.tail[0] = block{}
		p.tail = p.tail[1:]
	}
}

// stand stores up to where an idle source was read, if that is news.
func (p *Postgres) stand(ctx context.Context, at event.Position) error {
	p.reading.Idle(at)
	read := p.reading.Position()
	if read == p.read && p.recorded {
		return nil
	}
	tag, err := p.storing.Exec(ctx, standSQL, p.o.Source, p.o.Epoch, read.Encode(), p.whole, p.first, p.o.Keeps)
	if err != nil {
		return err
	}
	if tag.RowsAffected() == 0 {
		return p.o.Fenced
	}
	p.mu.Lock()
	p.read, p.recorded = read, true
	p.mu.Unlock()
	return nil
}
