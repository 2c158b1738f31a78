// Package objects keeps what the archive writes in S3. Every name of an object is
// made and read here, and nowhere else.
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

// A Kind of objects is a folder of the bucket. Operations declare the kinds they
// touch; roles follow from it.
type Kind string

// The kinds.
const (
	Part Kind = "part" // messages of an hour as a batch brought them
	File Kind = "file" // all messages of an hour
)

// Kinds lists all.
func Kinds() []Kind { return []Kind{Part, File} }

// Archive is the bucket of parts and files.
type Archive struct {
	cfg    aws.Config
	bucket string
	base   string // where objects are fetched from
	s3     *s3.Client
}

const (
	whole  = time.Minute     // one request, with the whole of its content
	silent = 5 * time.Second // until an answer begins
)

// New returns the Archive of a bucket. endpoint is empty on AWS. Options may add
// middleware, which tests use to stop a function between two calls.
func New(cfg aws.Config, endpoint, bucket string, options ...func(*s3.Options)) *Archive {
	if client, ok := cfg.HTTPClient.(*awshttp.BuildableClient); ok {
		// A file may be large: its time is not that of a call with a small answer.
		cfg.HTTPClient = client.WithTimeout(whole).WithTransportOptions(func(t *http.Transport) { t.ResponseHeaderTimeout = silent })
	}
	a := &Archive{cfg: cfg, bucket: bucket, base: "https://" + bucket + ".s3." + cfg.Region + ".amazonaws.com"}
	if endpoint != "" {
		a.base = strings.TrimSuffix(endpoint, "/") + "/" + bucket
	}
	a.s3 = s3.NewFromConfig(cfg, append([]func(*s3.Options){func(o *s3.Options) {
		if endpoint != "" {
			o.BaseEndpoint, o.UsePathStyle = &endpoint, true
		}
		// Content is checked by the MD5 that the archive keeps of it.
		o.RequestChecksumCalculation = aws.RequestChecksumCalculationWhenRequired
		o.ResponseChecksumValidation = aws.ResponseChecksumValidationWhenRequired
	}}, options...)...)
	return a
}

// Name is where an object is: "part/1400000001/C2C/2023111506/<id>.gz".
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

// list gives the names below a folder, up to a thousand at a time.
func (a *Archive) list(ctx context.Context, below string, each func(names []string) error) error {
	pages := s3.NewListObjectsV2Paginator(a.s3, &s3.ListObjectsV2Input{Bucket: &a.bucket, Prefix: &below})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return fmt.Errorf("list %s: %w", below, err)
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

// Purge implements archive.Objects: what is found is removed, a thousand at a
// time.
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

// unsigned is what the address of an object says of the body of its request.
const unsigned = "UNSIGNED-PAYLOAD"

// Link implements archive.Objects. It calls nobody; the signature is made here
// and not by the SDK's presigner, whose clock cannot be given.
func (a *Archive) Link(ctx context.Context, h archive.Hour, id string, now time.Time, life time.Duration) (string, error) {
	telemetry.MeterOf(ctx).Touch("fetch " + string(File))
	who, err := a.cfg.Credentials.Retrieve(ctx)
	if err != nil {
		return "", fmt.Errorf("link: %w", err)
	}
	query := url.Values{"X-Amz-Expires": {strconv.Itoa(int(life.Seconds()))}}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, a.base+"/"+Name(File, h, id)+"?"+query.Encode(), nil)
	if err != nil {
		return "", fmt.Errorf("link: %w", err)
	}
	signer := v4.NewSigner(func(o *v4.SignerOptions) { o.DisableURIPathEscaping = true })
	address, _, err := signer.PresignHTTP(ctx, who, r, unsigned, "s3", a.cfg.Region, now)
	if err != nil {
		return "", fmt.Errorf("link: %w", err)
	}
	return address, nil
}
