package typemap

import (
	"errors"
	"fmt"
	"net/netip"
	"unsafe"
)

// MariaDB's UUID and INET types come in row images as bytes in the text's order,
// without the zero bytes at the end.

func uuidFamily() family {
	return family{
		kind: kindUUID, sql: "uuid", text: plain, why: "The same value.",
		value: only("uuid", wireString, func(dst, src []byte, _ *Notes) ([]byte, error) {
			var id [16]byte
			if len(src) > len(id) {
				return dst, errors.New("reading a uuid: longer than 16 bytes")
			}
			copy(id[:], src)
			return appendUUID(dst, &id), nil
		}),
	}
}

func appendUUID(dst []byte, id *[16]byte) []byte {
	const digit = "0123456789abcdef"
	for i, b := range id {
		if i == 4 || i == 6 || i == 8 || i == 10 {
			dst = append(dst, '-')
		}
		dst = append(dst, digit[b>>4], digit[b&15])
	}
	return dst
}

func inetFamily(name string) family {
	f := family{kind: kindInet, sql: "inet", why: "The same address."}
	f.text = func(dst, src []byte, _ *Notes) ([]byte, error) {
		address, err := netip.ParseAddr(unsafe.String(unsafe.SliceData(src), len(src)))
		if err != nil {
			return dst, fmt.Errorf("reading an %s: not an address", name)
		}
		return address.AppendTo(dst), nil
	}
	f.value = only(name, wireString, func(dst, src []byte, _ *Notes) ([]byte, error) {
		var six [16]byte
		switch {
		case name == "inet4" && len(src) <= 4:
			copy(six[:4], src)
			return netip.AddrFrom4([4]byte(six[:4])).AppendTo(dst), nil
		case name == "inet6" && len(src) <= 16:
			copy(six[:], src)
			return netip.AddrFrom16(six).AppendTo(dst), nil
		}
		return dst, fmt.Errorf("reading an %s: too long", name)
	})
	return f
}
