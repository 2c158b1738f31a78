// Package objects stores the parts and files of the archive in S3 (docs/adr/0014).
// Every name of an object is made and parsed here, and nowhere else.
package objects

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"parley/shared/domain/archive"
	"parley/shared/s3"
	"parley/shared/telemetry"
)

// A Kind is a kind of objects: a folder of the bucket. Each operation declares the kinds
// that it reads and writes; the IAM role of its function is generated from that.
type Kind string

// The kinds.
const (
	Part Kind = "part" // the messages of an hour that one batch of the stream had
	File Kind = "file" // all messages of an hour, merged from its parts
)

// Kinds lists all kinds.
func Kinds() []Kind { return []Kind{Part, File} }

// Archive is the bucket of parts and files.
type Archive struct {
	client      *s3.Client
	call        s3.Call
	credentials aws.CredentialsProvider
}

// New returns the Archive of the bucket of a client. The layers are around every call, the first
// one outermost. The credentials sign links.
func New(client *s3.Client, credentials aws.CredentialsProvider, layers ...s3.Layer) *Archive {
	call := client.Do
	for _, layer := range slices.Backward(layers) {
		next := call
		call = func(ctx context.Context, in any) (any, error) { return layer(ctx, in, next) }
	}
	return &Archive{client: client, call: call, credentials: credentials}
}

// Name returns the name of an object. Example: "part/1400000001/P/2023111422/<id>.gz".
func Name(kind Kind, h archive.Hour, id string) string { return folder(kind, h) + id + suffix }

const suffix = ".gz"

func folder(kind Kind, h archive.Hour) string {
	return fmt.Sprintf("%s/%d/%s/%s/", kind, h.App, h.Type, h.Name)
}

// PutPart implements archive.Objects.
func (a *Archive) PutPart(ctx context.Context, h archive.Hour, id string, content []byte) error {
	return a.put(ctx, Part, h, id, bytes.NewReader(content), int64(len(content)))
}

// PutFile implements archive.Objects.
func (a *Archive) PutFile(ctx context.Context, h archive.Hour, id string, content io.ReadSeeker, size int64) error {
	return a.put(ctx, File, h, id, content, size)
}

func (a *Archive) put(ctx context.Context, kind Kind, h archive.Hour, id string, content io.ReadSeeker, size int64) error {
	telemetry.MeterOf(ctx).Touch("store " + string(kind))
	name := Name(kind, h, id)
	_, err := a.call(ctx, &s3.PutObject{Key: name, ContentType: "application/gzip", Content: content, Size: size})
	if err != nil {
		return fmt.Errorf("put %s: %w", name, err)
	}
	return nil
}

// Part implements archive.Objects.
func (a *Archive) Part(ctx context.Context, h archive.Hour, id string) (io.ReadCloser, error) {
	return a.get(ctx, Part, h, id)
}

// File implements archive.Objects.
func (a *Archive) File(ctx context.Context, h archive.Hour, id string) (io.ReadCloser, error) {
	return a.get(ctx, File, h, id)
}

func (a *Archive) get(ctx context.Context, kind Kind, h archive.Hour, id string) (io.ReadCloser, error) {
	telemetry.MeterOf(ctx).Touch("fetch " + string(kind))
	name := Name(kind, h, id)
	out, err := a.call(ctx, &s3.GetObject{Key: name})
	if err != nil {
		return nil, fmt.Errorf("get %s: %w", name, err)
	}
	return out.(io.ReadCloser), nil
}

// Parts implements archive.Objects.
func (a *Archive) Parts(ctx context.Context, h archive.Hour) ([]string, error) {
	telemetry.MeterOf(ctx).Touch("fetch " + string(Part))
	var ids []string
	err := a.list(ctx, folder(Part, h), func(names []string) error {
		for _, n := range names {
			ids = append(ids, strings.TrimSuffix(strings.TrimPrefix(n, folder(Part, h)), suffix))
		}
		return nil
	})
	return ids, err
}

// list calls each with the names of the objects in a folder, up to a thousand at a time.
func (a *Archive) list(ctx context.Context, folder string, each func(names []string) error) error {
	in := s3.ListObjectsV2{Prefix: folder}
	for {
		out, err := a.call(ctx, &in)
		if err != nil {
			return fmt.Errorf("list %s: %w", folder, err)
		}
		page := out.(s3.Page)
		if err := each(page.Keys); err != nil || page.Next == "" {
			return err
		}
		in.After = page.Next
	}
}

// Purge implements archive.Objects. It lists the objects and removes them, a thousand at
// a time.
func (a *Archive) Purge(ctx context.Context, h archive.Hour) error {
	for _, kind := range Kinds() {
		telemetry.MeterOf(ctx).Touch("drop " + string(kind))
		err := a.list(ctx, folder(kind, h), func(names []string) error {
			if len(names) == 0 {
				return nil
			}
			_, err := a.call(ctx, &s3.DeleteObjects{Keys: names})
			return err
		})
		if err != nil {
			return fmt.Errorf("remove %s of %v: %w", kind, h, err)
		}
	}
	return nil
}

// sessionLife is how long a link works that is signed with temporary credentials whose end is
// not known. S3 refuses a link whose credentials have ended, whatever the link says. Lambda
// gives a function its credentials in variables and does not say when they end.
const sessionLife = 15 * time.Minute

// bound returns the part of life in which credentials are valid.
func bound(c aws.Credentials, now time.Time, life time.Duration) time.Duration {
	switch {
	case c.CanExpire:
		return min(life, c.Expires.Sub(now))
	case c.SessionToken != "":
		return min(life, sessionLife)
	default:
		return life
	}
}

// Link implements archive.Objects. It makes no call to AWS.
func (a *Archive) Link(ctx context.Context, h archive.Hour, id string, now time.Time, life time.Duration) (string, time.Time, error) {
	telemetry.MeterOf(ctx).Touch("fetch " + string(File))
	credentials, err := a.credentials.Retrieve(ctx)
	if err != nil {
		return "", time.Time{}, fmt.Errorf("link: %w", err)
	}
	life = bound(credentials, now, life).Truncate(time.Second)
	if life <= 0 {
		return "", time.Time{}, errors.New("link: the credentials have ended")
	}
	address, err := a.client.Link(Name(File, h, id), credentials, now, life)
	if err != nil {
		return "", time.Time{}, fmt.Errorf("link: %w", err)
	}
	return address, now.Add(life), nil
}
