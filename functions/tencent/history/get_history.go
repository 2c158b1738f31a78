package history

import (
	"context"

	"parley/shared/domain/archive"
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
	URL      string `json:"URL"`        // works without a signature of the caller's
	Expires  string `json:"ExpireTime"` // of the address, in UTC+8
	Size     int64  `json:"FileSize"`   // bytes
	MD5      string `json:"FileMD5"`
	GzipSize int64  `json:"GzipSize"` // bytes, as it is fetched
	GzipMD5  string `json:"GzipMD5"`
}

// timeLayout is "YYYY-MM-DD hh:mm:ss".
const timeLayout = "2006-01-02 15:04:05"

// getHistory answers where the messages of one hour can be fetched. The hour is
// that of MsgTime in UTC+8; its file is ready some minutes after its end and kept
// for the days of the plan. Messages imported later into the hour come in a new
// file of the same hour.
func getHistory(ctx context.Context, c *op.Call, in getHistoryRequest) (getHistoryResponse, error) {
	e, err := c.Archive.Export(ctx, archive.Type(in.Type), in.Hour)
	if err != nil {
		return getHistoryResponse{}, err
	}
	link, err := c.Archive.Link(ctx, e)
	if err != nil {
		return getHistoryResponse{}, err
	}
	return getHistoryResponse{Files: []file{{
		URL: link.URL, Expires: link.Expires.In(archive.Zone()).Format(timeLayout),
		Size: e.Size, MD5: e.MD5, GzipSize: e.GzipSize, GzipMD5: e.GzipMD5,
	}}}, nil
}
