package typemap

import (
	"archive/zip"
	"bytes"
	_ "embed"
	"encoding/binary"
	"fmt"
	"io"
	"strings"
	"sync"
	"unicode/utf8"
)

//go:generate go test -run TestCodesAreTheServers -update .

// charsets holds what a real server says of each of its character sets: a file for the characters
// of each length in bytes, such as sjis.2, with the code points as little-endian 16 bits.
//
//go:embed charsets.zip
var charsets []byte

// codePage is a character set's characters by their codes; 0 is none.
type codePage struct {
	one   []uint16
	two   []uint16  // nil in a set of single bytes
	three []uint16  // after 8F, in the EUC sets of Japanese
	four  []uint16  // GB 18030, counted through
	ascii bool      // every byte below 128 means itself
	tail  [256]bool // bytes that are the last of some character of two
}

// codePages are those that were asked for so far: unpacking all takes 15 ms.
var codePages sync.Map // of *codePage by the name of the character set

// codePageOf gives nil for a character set that is not known.
func codePageOf(name string) (*codePage, error) {
	if page, read := codePages.Load(name); read {
		return page.(*codePage), nil
	}
	page, err := readCodePage(name)
	if err != nil {
		return nil, fmt.Errorf("reading the character set %s: %w", name, err)
	}
	codePages.Store(name, page)
	return page, nil
}

func readCodePage(name string) (page *codePage, err error) {
	packed, err := zip.NewReader(bytes.NewReader(charsets), int64(len(charsets)))
	if err != nil {
		return nil, err
	}
	for _, file := range packed.File {
		set, length, _ := strings.Cut(file.Name, ".")
		if set != name {
			continue
		}
		codes := make([]byte, file.UncompressedSize64)
		r, err := file.Open()
		if err == nil {
			_, err = io.ReadFull(r, codes)
		}
		if err != nil {
			return nil, err
		}
		table := make([]uint16, len(codes)/2)
		for i := range table {
			table[i] = binary.LittleEndian.Uint16(codes[2*i:])
		}
		if page == nil {
			page = &codePage{}
		}
		page.put(length, table)
	}
	return page, nil
}

func (p *codePage) put(length string, table []uint16) {
	switch length {
	case "1":
		p.one, p.ascii = table, true
		for b, r := range table[:utf8.RuneSelf] {
			p.ascii = p.ascii && b == int(r)
		}
	case "2":
		p.two = table
		for code, r := range table {
			p.tail[code&0xff] = p.tail[code&0xff] || r != 0
		}
	case "3":
		p.three = table
	case "4":
		p.four = table
	}
}

// charsetDecoder gives the appender of UTF-8 for text in a MySQL character set.
func charsetDecoder(name string) (appender, error) {
	switch name {
	case "", "utf8mb4", "utf8mb3", "utf8", "binary":
		return plain, nil
	case "ucs2":
		return wide(2, binary.BigEndian), nil
	case "utf16":
		return utf16Decoder(binary.BigEndian), nil
	case "utf16le":
		return utf16Decoder(binary.LittleEndian), nil
	case "utf32":
		return wide(4, binary.BigEndian), nil
	}
	page, err := codePageOf(name)
	switch {
	case err != nil:
		return nil, err
	case page == nil:
		return nil, fmt.Errorf("the character set %q is not known", name)
	case page.two == nil:
		return page.single, nil
	}
	return page.multi, nil
}

// noCharacter stands in the plain form where a code has no character. It is not UTF-8,
// so that the rule for invalid bytes finds it.
const noCharacter = 0xff

// bad appends noCharacter, and keeps the value as it is for the rule.
func bad(dst, value []byte, notes *Notes) []byte {
	notes.source = value
	return append(dst, noCharacter)
}

func (p *codePage) single(dst, src []byte, notes *Notes) ([]byte, error) {
	value := src
	notes.source = nil
	if p.ascii {
		n := ordinary(src)
		dst, src = append(dst, src[:n]...), src[n:]
	}
	for _, b := range src {
		r := p.one[b]
		switch {
		case r == 0 && b != 0, r == utf8.RuneError: // as MySQL writes it in some of its tables
			dst = bad(dst, value, notes)
		case r < utf8.RuneSelf:
			dst = append(dst, byte(r))
		default:
			dst = utf8.AppendRune(dst, rune(r))
		}
	}
	return dst, nil
}

func (p *codePage) multi(dst, src []byte, notes *Notes) ([]byte, error) {
	value := src
	notes.source = nil
	if p.ascii {
		n := ordinary(src)
		dst, src = append(dst, src[:n]...), src[n:]
	}
	for len(src) > 0 {
		r, size := p.rune(src)
		if r == 0 && src[0] != 0 {
			dst = bad(dst, value, notes)
		} else {
			dst = utf8.AppendRune(dst, r)
		}
		src = src[size:]
	}
	return dst, nil
}

// rune gives the first character of src and its length, 0 where there is none. A code that
// is well formed and has no character is passed over whole: its last byte alone
// might be one.
func (p *codePage) rune(src []byte) (rune, int) {
	first := src[0]
	if r := p.one[first]; r != 0 || first == 0 {
		return rune(r), 1
	}
	if len(src) >= 2 {
		if r := p.two[int(first)<<8|int(src[1])]; r != 0 {
			return rune(r), 2
		}
	}
	if p.three != nil && first == 0x8f && len(src) >= 3 {
		if r := p.three[int(src[1])<<8|int(src[2])]; r != 0 {
			return rune(r), 3
		}
		if p.tail[src[1]] && p.tail[src[2]] {
			return 0, 3
		}
	}
	if p.four != nil && len(src) >= 4 {
		if r, size := p.fourBytes(src); size > 1 {
			return r, size
		}
	}
	if len(src) >= 2 && p.tail[src[1]] {
		return 0, 2
	}
	return 0, 1
}

// fourBytes reads a four-byte code of GB 18030: below 90 30 81 30 by the table, from
// there on counted from U+10000.
func (p *codePage) fourBytes(src []byte) (rune, int) {
	a, b, c, d := int(src[0])-0x81, int(src[1])-0x30, int(src[2])-0x81, int(src[3])-0x30
	if a < 0 || a > 125 || b < 0 || b > 9 || c < 0 || c > 125 || d < 0 || d > 9 {
		return 0, 1
	}
	n := ((a*10+b)*126+c)*10 + d
	switch {
	case n < len(p.four):
		return rune(p.four[n]), 4
	case n >= 189000 && n < 189000+0x100000:
		return rune(0x10000 + n - 189000), 4
	}
	return 0, 4
}
