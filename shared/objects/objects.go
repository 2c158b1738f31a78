// Package objects stores the parts and files of the archive in S3 (docs/adr/0014).
// Every name of an object is made and parsed here, and nowhere else.
package objects

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"parley/shared/domain/archive"
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
	cfg    aws.Config
	bucket string
	base   string // URL of the bucket, for links
	s3     *s3.Client
}

const (
	requestTimeout        = time.Minute     // of a request, with all of its content
	responseHeaderTimeout = 5 * time.Second // until the answer begins
)

// New returns the Archive of a bucket. endpoint is empty on AWS. Options may add
// middleware; tests use it to stop a function between two calls.
func New(cfg aws.Config, endpoint, bucket string, options ...func(*s3.Options)) *Archive {
	if client, ok := cfg.HTTPClient.(*awshttp.BuildableClient); ok {
		// A file may be large, so the timeout of calls with small answers is too short.
		cfg.HTTPClient = client.WithTimeout(requestTimeout).WithTransportOptions(func(t *http.Transport) { t.ResponseHeaderTimeout = responseHeaderTimeout })
	}
	a := &Archive{cfg: cfg, bucket: bucket, base: "https://" + bucket + ".s3." + cfg.Region + ".amazonaws.com"}
	if endpoint != "" {
		a.base = strings.TrimSuffix(endpoint, "/") + "/" + bucket
	}
	a.s3 = s3.NewFromConfig(cfg, append([]func(*s3.Options){func(o *s3.Options) {
		if endpoint != "" {
			o.BaseEndpoint, o.UsePathStyle = &endpoint, true
		}
		// The archive checks the content by its own MD5.
		o.RequestChecksumCalculation = aws.RequestChecksumCalculationWhenRequired
		o.ResponseChecksumValidation = aws.ResponseChecksumValidationWhenRequired
	}}, options...)...)
	return a
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
	_, err := a.s3.PutObject(ctx, &s3.PutObjectInput{
		Bucket: &a.bucket, Key: &name, Body: content, ContentLength: &size, ContentType: aws.String("application/gzip"),
	})
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
	out, err := a.s3.GetObject(ctx, &s3.GetObjectInput{Bucket: &a.bucket, Key: &name})
	if err != nil {
		return nil, fmt.Errorf("get %s: %w", name, err)
	}
	return out.Body, nil
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
	pages := s3.NewListObjectsV2Paginator(a.s3, &s3.ListObjectsV2Input{Bucket: &a.bucket, Prefix: &folder})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return fmt.Errorf("list %s: %w", folder, err)
		}
		names := make([]string, len(page.Contents))
		for i, o := range page.Contents {
			names[i] = aws.ToString(o.Key)
		}
		if err := each(names); err != nil {
			return err
		}
	}
	return nil
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
			in := &s3.DeleteObjectsInput{Bucket: &a.bucket, Delete: &types.Delete{Quiet: aws.Bool(true)}}
			for _, n := range names {
				in.Delete.Objects = append(in.Delete.Objects, types.ObjectIdentifier{Key: &n})
			}
			out, err := a.s3.DeleteObjects(ctx, in)
			if err == nil && len(out.Errors) > 0 {
				err = errors.New(aws.ToString(out.Errors[0].Message))
			}
			return err
		})
		if err != nil {
			return fmt.Errorf("remove %s of %v: %w", kind, h, err)
		}
	}
	return nil
}

// unsignedPayload says that the signature of a link does not cover a body. A GET has no
// body.
const unsignedPayload = "UNSIGNED-PAYLOAD"

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

// Link implements archive.Objects. It makes no call to AWS. It makes the signature
// itself, because the clock of the SDK's presigner cannot be set.
func (a *Archive) Link(ctx context.Context, h archive.Hour, id string, now time.Time, life time.Duration) (string, time.Time, error) {
	telemetry.MeterOf(ctx).Touch("fetch " + string(File))
	credentials, err := a.cfg.Credentials.Retrieve(ctx)
	if err != nil {
		return "", time.Time{}, fmt.Errorf("link: %w", err)
	}
	life = bound(credentials, now, life).Truncate(time.Second)
	if life <= 0 {
		return "", time.Time{}, errors.New("link: the credentials have ended")
	}
	query := url.Values{"X-Amz-Expires": {strconv.Itoa(int(life.Seconds()))}}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, a.base+"/"+Name(File, h, id)+"?"+query.Encode(), nil)
	if err != nil {
		return "", time.Time{}, fmt.Errorf("link: %w", err)
	}
	signer := v4.NewSigner(func(o *v4.SignerOptions) { o.DisableURIPathEscaping = true })
	address, _, err := signer.PresignHTTP(ctx, credentials, r, unsignedPayload, "s3", a.cfg.Region, now)
	if err != nil {
		return "", time.Time{}, fmt.Errorf("link: %w", err)
	}
	return address, now.Add(life), nil
}
