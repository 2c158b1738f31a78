package store

import (
	"bytes"
	"compress/flate"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"parley/shared/domain/content"
	"parley/shared/plainjson"
)

// The content of a message is stored as JSON in `b`: as text if it has less than
// deflateFrom bytes, else compressed with DEFLATE and a dictionary. `z` is the number of
// the dictionary.
const (
	deflateFrom = 700 // bytes
	dictionary  = 1
	// maxStoredBody bounds the bytes of decompressed content. Content has up to 12 KB, and
	// a part of a merged list up to 22 KB. An older version of the program stored escapes
	// for HTML, which could make it six times as long.
	maxStoredBody = 256 << 10
)

// dictionaryText is text that many message bodies have. It is part of the stored format:
// a changed dictionary needs a new number.
const dictionaryText = `"JsonMsgKey":"","AbstractList":["","CompatibleText":"","MsgList":[{"From_Account":"","To_Account":"","MsgSeq":,"MsgRandom":,"MsgTimeStamp":,` +
	`"VideoUrl":"https://","VideoUUID":"","VideoSize":,"VideoSecond":,"VideoFormat":"mp4","VideoDownloadFlag":2,"ThumbUrl":"https://","ThumbUUID":"","ThumbSize":,"ThumbWidth":,"ThumbHeight":,"ThumbFormat":"jpg","ThumbDownloadFlag":2` +
	`"Latitude":,"Longitude":,"Index":,"Second":,"Url":"https://","UUID":"","FileName":"","FileSize":,"Download_Flag":2` +
	`"ImageFormat":1,"ImageInfoArray":[{"Type":1,"Size":,"Width":,"Height":,"URL":"https://"},{"Type":2,"Size":,"Width":,"Height":,"URL":"https://"},{"Type":3,"Size":,"Width":,"Height":,"URL":"https://"}]` +
	`{"MsgBody":[{"MsgType":"TIMRelayElem","MsgContent":{"Title":"TIMVideoFileElem","TIMFileElem","TIMImageElem","TIMSoundElem","TIMFaceElem","TIMLocationElem",` +
	`{"MsgType":"TIMCustomElem","MsgContent":{"Data":"","Desc":"","Ext":"","Sound":""}},{"MsgType":"TIMTextElem","MsgContent":{"Text":" the and to of "}}],"CloudCustomData":"{`

func packBody(item Item, c content.Content) error {
	plain, err := plainjson.Marshal(c)
	if err != nil {
		return fmt.Errorf("pack body: %w", err)
	}
	return pack(item, plain)
}

// pack writes JSON into an item, as text or compressed.
func pack(item Item, plain []byte) error {
	if len(plain) < deflateFrom {
		item["b"] = str(string(plain))
		return nil
	}
	var deflated bytes.Buffer
	w, err := flate.NewWriterDict(&deflated, flate.DefaultCompression, []byte(dictionaryText))
	if err != nil {
		return err
	}
	if _, err := w.Write(plain); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	item["b"], item["z"] = bin(deflated.Bytes()), num(dictionary)
	return nil
}

// unpack reverses pack.
func unpack(item Item) ([]byte, error) {
	switch integer(item, "z") {
	case 0:
		return []byte(text(item, "b")), nil
	case dictionary:
		r := flate.NewReaderDict(bytes.NewReader(bytesOf(item, "b")), []byte(dictionaryText))
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

func unpackBody(item Item) (content.Content, error) {
	plain, err := unpack(item)
	if err != nil {
		return content.Content{}, err
	}
	if len(plain) == 0 {
		return content.Content{}, nil // the message is recalled
	}
	var c content.Content
	if err := json.Unmarshal(plain, &c); err != nil {
		return content.Content{}, fmt.Errorf("unpack body: %w", err)
	}
	return c, nil
}
