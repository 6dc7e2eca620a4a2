package relay

import (
	"bytes"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"pgchameleon/internal/event"
)

// fill gives every field a random value, so that a field that is added to an event and
// not written down is found here.
func fill(random *rand.Rand, v reflect.Value) {
	if v.Type() == reflect.TypeFor[time.Time]() {
		if random.IntN(4) > 0 {
			v.Set(reflect.ValueOf(time.UnixMicro(random.Int64N(1 << 51))))
		}
		return
	}
	switch v.Kind() {
	case reflect.Bool:
		v.SetBool(random.IntN(2) == 0)
	case reflect.Int:
		v.SetInt(random.Int64N(1 << 40))
	case reflect.Uint8:
		v.SetUint(random.Uint64N(1 << 8))
	case reflect.Uint16:
		v.SetUint(random.Uint64N(1 << 16))
	case reflect.Uint32:
		v.SetUint(random.Uint64N(1 << 32))
	case reflect.Uint64:
		v.SetUint(random.Uint64())
	case reflect.String:
		text := make([]byte, random.IntN(20))
		for i := range text {
			text[i] = byte(random.Uint32())
		}
		v.SetString(string(text))
	case reflect.Slice:
		if random.IntN(5) > 0 {
			v.Set(reflect.MakeSlice(v.Type(), random.IntN(4), 4))
			for i := range v.Len() {
				fill(random, v.Index(i))
			}
		}
	case reflect.Struct:
		for i := range v.NumField() {
			fill(random, v.Field(i))
		}
	default:
		panic("a field of the kind " + v.Kind().String())
	}
}

func made[T any](random *rand.Rand) *T {
	var one T
	fill(random, reflect.ValueOf(&one).Elem())
	return &one
}

// randomTransaction has every field that a transaction can have but Idle, which is never
// written down.
func randomTransaction(random *rand.Rand, maps []*event.TableMap) *event.Transaction {
	type frame struct { // the fields of a transaction that are no pointers or events
		GTID, Server, File   string
		Start, End           uint64
		Time                 time.Time
		First, Final, Undone bool
		Sessions             event.Sessions
		Size                 int
	}
	f := made[frame](random)
	t := &event.Transaction{GTID: f.GTID, Server: f.Server, File: f.File, Start: f.Start, End: f.End, Time: f.Time, First: f.First, Final: f.Final, Undone: f.Undone,
		Sessions: f.Sessions, Size: f.Size}
	if random.IntN(3) == 0 {
		t.XA = made[event.XA](random)
	}
	for range random.IntN(6) {
		if random.IntN(3) == 0 {
			t.Events = append(t.Events, made[event.Statement](random))
			continue
		}
		type images struct {
			Action              event.Action
			Before, After, Data []byte
			NoChecks, Partial   bool
			Offset              uint64
		}
		i := made[images](random)
		t.Events = append(t.Events, &event.Rows{Map: maps[random.IntN(len(maps))], Action: i.Action, Before: i.Before, After: i.After, Data: i.Data,
			NoChecks: i.NoChecks, Partial: i.Partial, Offset: i.Offset})
	}
	return t
}

func TestBlocksComeBackAsTheyWere(t *testing.T) {
	if fields := reflect.TypeFor[event.Transaction]().NumField() + reflect.TypeFor[event.Rows]().NumField(); fields != 14+8 {
		t.Fatalf("transactions and rows have %d fields: randomTransaction must know them all", fields)
	}
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	d := &decoder{}
	for range 500 {
		var maps []*event.TableMap
		for range 1 + random.IntN(5) {
			maps = append(maps, made[event.TableMap](random))
		}
		var list []*event.Transaction
		for range random.IntN(8) {
			list = append(list, randomTransaction(random, maps))
		}
		block := encode(nil, list)
		got, err := d.decode(bytes.Clone(block))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(list, got, cmp.Transformer("empty", func(in []*event.Transaction) []event.Transaction {
			out := make([]event.Transaction, len(in))
			for i := range in {
				out[i] = *in[i]
			}
			return out
		})); diff != "" {
			t.Fatal(diff)
		}
		for cut := range block { // a block that lost its end is an error, and no panic
			if _, err := d.decode(block[:cut:cut]); err == nil {
				t.Fatalf("the first %d bytes of %d are a block too", cut, len(block))
			}
		}
	}
}

// The same map is one map in all blocks: what is known of it need not be found out again.
func TestTableMapsAreShared(t *testing.T) {
	d := &decoder{}
	var seen *event.TableMap
	for range 2 {
		m := &event.TableMap{ID: 7, Schema: "s", Table: "t", Types: []byte{3}}
		list, err := d.decode(encode(nil, []*event.Transaction{{Events: []event.Event{&event.Rows{Map: m}, &event.Rows{Map: m}}}}))
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range list[0].Events {
			if got := e.(*event.Rows).Map; seen != nil && seen != got {
				t.Fatal("two maps were made of one")
			} else {
				seen = got
			}
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(encode(nil, []*event.Transaction{{GTID: "0-1-1", File: "f", Events: []event.Event{&event.Rows{Map: &event.TableMap{Types: []byte{3}}}, &event.Statement{SQL: "x"}}}}))
	f.Fuzz(func(_ *testing.T, block []byte) { _, _ = (&decoder{}).decode(block) })
}
