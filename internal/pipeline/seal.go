package pipeline

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"

	"pgchameleon/internal/fault"
)

// seal encrypts what the catalogue keeps of masked columns as the source has it: keys at
// the bounds of chunks, and rows of prepared XA transactions. nil leaves it as it is.
type seal struct{ aead cipher.AEAD }

// sealed is the first byte of what is encrypted; what is not is JSON, which begins otherwise.
const sealed = 1

var errSealed = errors.New("it is encrypted under another mask_key")

// newSeal gives the seal of the key of masks; nil where there is none.
func newSeal(maskKey []byte) (*seal, error) {
	if len(maskKey) == 0 {
		return nil, nil
	}
	derive := hmac.New(sha256.New, maskKey)
	derive.Write([]byte("what the catalogue keeps of masked columns"))
	block, err := aes.NewCipher(derive.Sum(nil))
	if err != nil {
		return nil, fmt.Errorf("making a cipher of the mask key: %w", err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, fmt.Errorf("making a cipher of the mask key: %w", err)
	}
	return &seal{aead}, nil
}

// close encrypts.
func (s *seal) close(text []byte) []byte {
	if s == nil || text == nil {
		return text
	}
	nonce := make([]byte, s.aead.NonceSize())
	_, _ = rand.Read(nonce) // never fails
	return s.aead.Seal(append([]byte{sealed}, nonce...), nonce, text, nil)
}

// open decrypts what close gave, and gives back what was never encrypted.
func (s *seal) open(text []byte) ([]byte, error) {
	if len(text) == 0 || text[0] != sealed {
		return text, nil
	}
	if s == nil || len(text) < 1+s.aead.NonceSize() {
		return nil, wrongKey(errSealed)
	}
	nonce, body := text[1:1+s.aead.NonceSize()], text[1+s.aead.NonceSize():]
	plain, err := s.aead.Open(nil, nonce, body, nil)
	if err != nil {
		return nil, wrongKey(errSealed)
	}
	return plain, nil
}

func wrongKey(err error) error {
	return fault.New(fault.Config, "give the mask_key with which it was written, or copy anew: init_replica --restart", "reading what the catalogue keeps: %w", err)
}
