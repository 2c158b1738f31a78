package history

import (
	"cmp"
	"context"

	"parley/shared/domain/archive"
	"parley/shared/fault"
	"parley/shared/op"
)

// service is the archive of an application.
func service(ctx context.Context, c *op.Call, app int64) (archive.Service, error) {
	a, err := c.App.Apps.Get(ctx, app)
	if err != nil {
		return archive.Service{}, err
	}
	return c.App.For(&a).Archive, nil
}

// chat reads a ChatType, C2C where there is none.
func chat(text string) (archive.Type, error) {
	t := cmp.Or(archive.Type(text), archive.C2C)
	if !t.Valid() {
		return "", fault.New(fault.Invalid, "ChatType is C2C or Group")
	}
	return t, nil
}

// limited reads a Limit.
func limited(limit *int, most int) (int, error) {
	if limit == nil {
		return most, nil
	}
	if *limit < 1 || *limit > most {
		return 0, fault.New(fault.Invalid, "Limit is 1 to %d", most)
	}
	return *limit, nil
}

// hour is what an hour has.
type hour struct {
	Hour     string `json:"MsgTime"`  // YYYYMMDDHH in UTC+8
	Messages int64  `json:"Messages"` // in the file
	Version  int64  `json:"Version"`  // how often the file was made
	Merged   int64  `json:"Merged"`   // Unix seconds, the last time
	Size     int64  `json:"FileSize"` // bytes
	MD5      string `json:"FileMD5"`
	GzipSize int64  `json:"GzipSize"` // bytes, as it is fetched
	GzipMD5  string `json:"GzipMD5"`
}

func view(e archive.Export) hour {
	return hour{
		Hour: e.Name, Messages: e.Messages, Version: e.Version, Merged: e.Merged,
		Size: e.Size, MD5: e.MD5, GzipSize: e.GzipSize, GzipMD5: e.GzipMD5,
	}
}
