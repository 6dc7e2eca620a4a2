package typemap

// DecodeText gives the UTF-8 of a text in a character set of MySQL, by the name that
// the server has for it. A code that stands for no character becomes a byte that is no
// UTF-8.
func DecodeText(charset string, text []byte) (string, error) {
	decode, err := charsetDecoder(charset)
	if err != nil {
		return "", err
	}
	var notes Notes
	out, err := decode(nil, text, &notes)
	return string(out), err
}
