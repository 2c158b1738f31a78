package history

import (
	"context"

	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/archive"
	"parley/shared/fault"
	"parley/shared/op"
)

// service returns the archive of an application.
func service(ctx context.Context, c *op.Call, app int64) (archive.Service, error) {
	a, err := c.App.Apps.Get(ctx, app)
	if err != nil {
		return archive.Service{}, err
	}
	return c.App.For(&a).Archive, nil
}

// parseChatType reads a ChatType; C2C if it is left out.
func parseChatType(text string) (archive.ConversationType, error) {
	if text == "" {
		return archive.Direct, nil
	}
	t, ok := v4.ReadChatType(text)
	if !ok {
		return "", fault.New(fault.Invalid, "ChatType is C2C or Group")
	}
	return t, nil
}

// parseLimit reads a Limit from 1 to maxLimit; maxLimit if it is left out.
func parseLimit(limit *int, maxLimit int) (int, error) {
	if limit == nil {
		return maxLimit, nil
	}
	if *limit < 1 || *limit > maxLimit {
		return 0, fault.New(fault.Invalid, "Limit is 1 to %d", maxLimit)
	}
	return *limit, nil
}

// hourFile describes the file of one hour.
type hourFile struct {
	Hour     string `json:"MsgTime"`  // YYYYMMDDHH in UTC+8
	Messages int64  `json:"Messages"` // number of messages in the file
	Version  int64  `json:"Version"`  // how many times the file was made: 1, 2, 3, ...
	Merged   int64  `json:"Merged"`   // when the file was last made, Unix seconds
	Size     int64  `json:"FileSize"` // bytes of the decompressed file
	MD5      string `json:"FileMD5"`  // of the decompressed file, hex
	GzipSize int64  `json:"GzipSize"` // bytes of the gzip file at the address
	GzipMD5  string `json:"GzipMD5"`  // of the gzip file, hex
}

func view(e archive.Export) hourFile {
	return hourFile{
		Hour: v4.FormatHour(e.Name), Messages: e.Messages, Version: e.Version, Merged: e.Merged,
		Size: e.Size, MD5: e.MD5, GzipSize: e.GzipSize, GzipMD5: e.GzipMD5,
	}
}
