package history

import (
	"context"

	v4 "parley/shared/dialect/v4"
	"parley/shared/fault"
	"parley/shared/op"
)

type getHistoryRequest struct {
	Type string `json:"ChatType" need:"1002"` // C2C or Group
	Hour string `json:"MsgTime" need:"1002"`  // YYYYMMDDHH in UTC+8
}

type getHistoryResponse struct {
	Files []file `json:"File"`
}

type file struct {
	URL      string `json:"URL"`        // needs no signature of the caller
	Expires  string `json:"ExpireTime"` // when the address ends, in UTC+8
	Size     int64  `json:"FileSize"`   // bytes of the plain file
	MD5      string `json:"FileMD5"`    // of the plain file
	GzipSize int64  `json:"GzipSize"`   // bytes of the gzip file, which is what the address returns
	GzipMD5  string `json:"GzipMD5"`    // of the gzip file
}

// timeLayout is "YYYY-MM-DD hh:mm:ss".
const timeLayout = "2006-01-02 15:04:05"

// getHistory returns the address of a file with the messages of one hour. The file is
// ready some minutes after the end of the hour, and it is kept for 7 days unless the
// operator sets another number. If messages are imported into the hour later, it gets
// a new file.
func getHistory(ctx context.Context, c *op.Call, in getHistoryRequest) (getHistoryResponse, error) {
	chatType, known := v4.ReadChatType(in.Type)
	hour, ok := v4.ReadHour(in.Hour)
	if !known || !ok {
		return getHistoryResponse{}, fault.New(fault.Invalid, "ChatType is C2C or Group, and MsgTime an hour as YYYYMMDDHH")
	}
	e, err := c.Archive.Export(ctx, chatType, hour)
	if err != nil {
		return getHistoryResponse{}, err
	}
	link, err := c.Archive.Link(ctx, e)
	if err != nil {
		return getHistoryResponse{}, err
	}
	return getHistoryResponse{Files: []file{{
		URL: link.URL, Expires: link.Expires.In(v4.ExportZone()).Format(timeLayout),
		Size: e.Size, MD5: e.MD5, GzipSize: e.GzipSize, GzipMD5: e.GzipMD5,
	}}}, nil
}
