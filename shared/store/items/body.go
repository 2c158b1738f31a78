package items

import (
	"bytes"
	"compress/flate"
	"errors"
	"fmt"
	"io"

	"parley/shared/domain/content"
	"parley/shared/dynamo"
	"parley/shared/store/schema"
)

// The content of a message, and a part of a merged list, is stored as JSON: as text if it has
// less than deflateFrom bytes, else compressed with DEFLATE and a dictionary. Another attribute
// has the number of the dictionary.
const (
	deflateFrom = 700 // bytes
	dictionary  = 2
	// maxStoredBody bounds the bytes of decompressed content. Content has up to 12 KB, and
	// a part of a merged list up to 22 KB. An older version of the program stored escapes
	// for HTML, which could make it six times as long.
	maxStoredBody = 256 << 10
)

// dictionaryText is text that many message bodies have. It is part of the stored format:
// a changed dictionary needs a new number.
const dictionaryText = `,"o":{"d":"v4","r":[0,1,2,3,4` +
	`{"v":{"u":"https://","i":"","b":,"s":,"f":"mp4","cu":"https://","ci":"","cb":,"cw":,"ch":,"cf":"jpg"}}` +
	`{"l":{"d":"","a":,"o":},{"f":{"i":,"d":""}},{"s":{"u":"https://","i":"","b":,"s":}},{"d":{"u":"https://","i":"","n":"","b":}},` +
	`{"i":{"i":"","f":"jpg","s":[{"k":"original","b":,"w":,"h":,"u":"https://"},{"k":"large","b":,"w":,"h":,"u":"https://"},{"k":"thumbnail","b":,"w":,"h":,"u":"https://"}]}}` +
	`{"e":[{"m":{"t":"","f":"","n":,"a":["","k":"","l":[{"f":"","t":"","g":"","s":,"r":,"m":17,"e":[{"t":""}],"c":""},{"f":"","t":"","s":1,"r":,"m":17,` +
	`"e":[{"c":{"d":"{\"","s":"","e":"","n":""}},{"t":" the and to of "}}],"c":"{\"`

// Pack makes JSON two values of an item: the text itself, or the compressed text and the number
// of the dictionary. The dictionary is nil if the text is not compressed.
func Pack(plain []byte) (body, dictionaryNumber dynamo.Value, err error) {
	if len(plain) < deflateFrom {
		return dynamo.Str(string(plain)), nil, nil
	}
	var deflated bytes.Buffer
	w, err := flate.NewWriterDict(&deflated, flate.DefaultCompression, []byte(dictionaryText))
	if err != nil {
		return nil, nil, err
	}
	if _, err := w.Write(plain); err != nil {
		return nil, nil, err
	}
	if err := w.Close(); err != nil {
		return nil, nil, err
	}
	return dynamo.Bin(deflated.Bytes()), dynamo.Num(dictionary), nil
}

// Unpack reverses Pack. It reads the two values from the attributes of an item.
func Unpack(item dynamo.Item, body, dictionaryNumber dynamo.Attribute) ([]byte, error) {
	switch item.Int(dictionaryNumber) {
	case 0:
		return []byte(item.Text(body)), nil
	case dictionary:
		r := flate.NewReaderDict(bytes.NewReader(item.Bytes(body)), []byte(dictionaryText))
		plain, err := io.ReadAll(io.LimitReader(r, maxStoredBody+1))
		if err != nil {
			return nil, fmt.Errorf("unpack body: %w", err)
		}
		if len(plain) > maxStoredBody {
			return nil, errors.New("unpack body: it is longer than any body")
		}
		return plain, nil
	}
	return nil, errors.New("unpack body: unknown dictionary")
}

func unpackContent(item dynamo.Item) (content.Content, error) {
	plain, err := Unpack(item, schema.MessageContent, schema.MessageDictionary)
	if err != nil {
		return content.Content{}, err
	}
	if len(plain) == 0 {
		return content.Content{}, nil // the message is recalled
	}
	c, err := content.Decode(plain)
	if err != nil {
		return content.Content{}, fmt.Errorf("unpack body: %w", err)
	}
	return c, nil
}
