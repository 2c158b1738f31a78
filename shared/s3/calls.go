package s3

import (
	"encoding/xml"
	"io"
)

// PutObject writes an object.
type PutObject struct {
	Key         string
	ContentType string
	Content     io.ReadSeeker
	Size        int64
}

// GetObject reads an object. Its output is an io.ReadCloser.
type GetObject struct{ Key string }

// ListObjectsV2 lists objects whose keys begin with a prefix. Its output is a Page.
type ListObjectsV2 struct {
	Prefix string
	After  string // Page.Next of the page before; "" for the first page
}

// A Page is up to a thousand keys, in their order.
type Page struct {
	Keys []string
	Next string // "" if it is the last page
}

// DeleteObjects removes up to a thousand objects. An object that does not exist counts as removed.
type DeleteObjects struct{ Keys []string }

// The XML of requests and answers (docs.aws.amazon.com/AmazonS3/latest/API).
type (
	listAnswer struct {
		Contents              []struct{ Key string }
		NextContinuationToken string
	}
	deleteRequest struct {
		XMLName xml.Name `xml:"http://s3.amazonaws.com/doc/2006-03-01/ Delete"`
		Object  []object
		Quiet   bool // the answer names only what was not removed
	}
	object       struct{ Key string }
	deleteAnswer struct{ Error []said }
	// said is what S3 says about an error.
	said struct{ Code, Message string }
)
