package object

import (
	"bufio"
	"cmp"
	"crypto/md5" // the ETag of S3 is an MD5
	"encoding/hex"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A folder serves the objects of its subfolders, which are the buckets. The file of an
// object is named after the object's key. Its first line has the ETag and the content type;
// the content follows.
type folder string

// incoming is the subfolder with the files that are being written. No bucket has such a
// name.
const incoming = ".incoming"

// maxKeys is how many keys a list has at most.
const maxKeys = 1000

// A failure is an error with the code by which S3 answers it.
type failure struct {
	status        int
	code, message string
}

func (f *failure) Error() string { return f.code + ": " + f.message }

func notImplemented(what string) error {
	return &failure{http.StatusNotImplemented, "NotImplemented", "the local cloud does not have " + what}
}

// ServeHTTP answers a call of S3 with the bucket in the path.
func (f folder) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	err := f.serve(w, r)
	var known *failure
	switch {
	case err == nil:
		return
	case errors.As(err, &known):
	case errors.Is(err, fs.ErrNotExist):
		known = &failure{http.StatusNotFound, "NoSuchKey", "The specified key does not exist."}
	default:
		known = &failure{http.StatusInternalServerError, "InternalError", err.Error()}
	}
	refuse(w, known.status, known.code, known.message)
}

// serve answers a call, or returns why it cannot. Then it has written nothing.
func (f folder) serve(w http.ResponseWriter, r *http.Request) error {
	bucket, key, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	if info, err := os.Stat(filepath.Join(string(f), bucket)); err != nil || !info.IsDir() || bucket == "" || bucket != filepath.Base(bucket) || bucket[0] == '.' {
		return &failure{http.StatusNotFound, "NoSuchBucket", "The specified bucket does not exist"}
	}
	query := r.URL.Query()
	allowed := []string{"x-id"} // the name of the call, which SDKs add
	switch {
	case key == "" && r.Method == http.MethodGet && query.Get("list-type") == "2":
		allowed = append(allowed, "list-type", "prefix", "max-keys", "continuation-token")
	case key == "" && r.Method == http.MethodPost && query.Has("delete"):
		allowed = append(allowed, "delete")
	case key == "" || !slices.Contains([]string{http.MethodGet, http.MethodHead, http.MethodPut, http.MethodDelete}, r.Method):
		return notImplemented(r.Method + " " + r.URL.Path)
	}
	for name := range query {
		if !slices.Contains(allowed, name) {
			return notImplemented("the parameter " + name)
		}
	}
	switch {
	case r.Method == http.MethodPost:
		return f.removeAll(w, r, bucket)
	case key == "":
		return f.list(w, query, bucket)
	case r.Method == http.MethodPut:
		return f.put(w, r, bucket, key)
	case r.Method == http.MethodDelete:
		if err := f.remove(bucket, key); err != nil {
			return err
		}
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	return f.get(w, r, bucket, key)
}

// fileOf returns the file of an object. The mark before the name keeps it different from
// "." and "..".
func (f folder) fileOf(bucket, key string) (string, error) {
	name := "=" + url.PathEscape(key)
	if len(name) > 255 { // of most file systems; S3 allows 1,024 bytes
		return "", &failure{http.StatusBadRequest, "KeyTooLongError", "Your key is too long"}
	}
	return filepath.Join(string(f), bucket, name), nil
}

// put stores an object. Whoever reads it at the same time gets the old content or the new
// one.
func (f folder) put(w http.ResponseWriter, r *http.Request, bucket, key string) error {
	for name := range r.Header {
		if strings.HasPrefix(name, "X-Amz-Copy-") || strings.HasPrefix(name, "If-") {
			return notImplemented("the header " + name)
		}
	}
	if strings.HasPrefix(r.Header.Get("X-Amz-Content-Sha256"), "STREAMING-") {
		return notImplemented("a body in signed chunks")
	}
	name, err := f.fileOf(bucket, key)
	if err != nil {
		return err
	}
	file, err := os.CreateTemp(filepath.Join(string(f), incoming), "put-")
	if err != nil {
		return err
	}
	defer os.Remove(file.Name()) // fails after the rename
	sum := md5.New()             // the ETag of S3
	etag := func() string { return `"` + hex.EncodeToString(sum.Sum(nil)) + `"` }
	_, err = fmt.Fprintf(file, "%s %s\n", etag(), cmp.Or(r.Header.Get("Content-Type"), "binary/octet-stream"))
	if err == nil {
		_, err = io.Copy(io.MultiWriter(file, sum), r.Body)
	}
	if err == nil {
		_, err = file.WriteAt([]byte(etag()), 0) // that of the content, which is as long as that of no content
	}
	if err := errors.Join(err, file.Close()); err != nil {
		return err
	}
	if err := os.Rename(file.Name(), name); err != nil {
		return err
	}
	w.Header().Set("ETag", etag())
	return nil
}

// open opens the file of an object and reads its first line. The file is then at the
// content, which begins at the offset start.
func (f folder) open(bucket, key string) (file *os.File, etag, kind string, start int64, err error) {
	name, err := f.fileOf(bucket, key)
	if err != nil {
		return nil, "", "", 0, err
	}
	if file, err = os.Open(name); err != nil {
		return nil, "", "", 0, err
	}
	line, err := bufio.NewReader(file).ReadString('\n')
	if err != nil {
		return nil, "", "", 0, errors.Join(fmt.Errorf("%s: %w", name, err), file.Close())
	}
	etag, kind, _ = strings.Cut(strings.TrimSuffix(line, "\n"), " ")
	return file, etag, kind, int64(len(line)), nil
}

// get answers with an object, or with ranges of it.
func (f folder) get(w http.ResponseWriter, r *http.Request, bucket, key string) error {
	file, etag, kind, start, err := f.open(bucket, key)
	if err != nil {
		return err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	w.Header().Set("ETag", etag)
	w.Header().Set("Content-Type", kind)
	http.ServeContent(w, r, "", info.ModTime(), io.NewSectionReader(file, start, info.Size()-start))
	return nil
}

// remove removes an object. There may be none.
func (f folder) remove(bucket, key string) error {
	name, err := f.fileOf(bucket, key)
	if err != nil {
		return err
	}
	if err := os.Remove(name); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

const namespace = "http://s3.amazonaws.com/doc/2006-03-01/"

// A listing is a page of the objects of a bucket.
type listing struct {
	XMLName               xml.Name `xml:"ListBucketResult"`
	Namespace             string   `xml:"xmlns,attr"`
	Name, Prefix          string
	KeyCount, MaxKeys     int
	IsTruncated           bool
	NextContinuationToken string `xml:",omitempty"`
	Contents              []listedEntry
}

type listedEntry struct {
	Key, LastModified, ETag string
	Size                    int64
	StorageClass            string
}

// list answers with a page of the keys with a prefix, in the order of their bytes. The token
// of the next page is the last key of this one.
func (f folder) list(w http.ResponseWriter, query url.Values, bucket string) error {
	entries, err := os.ReadDir(filepath.Join(string(f), bucket))
	if err != nil {
		return err
	}
	prefix, after := query.Get("prefix"), query.Get("continuation-token")
	var keys []string
	for _, e := range entries {
		key, err := url.PathUnescape(strings.TrimPrefix(e.Name(), "="))
		if err == nil && strings.HasPrefix(key, prefix) && key > after {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	out := listing{Namespace: namespace, Name: bucket, Prefix: prefix, MaxKeys: maxKeys}
	if text := query.Get("max-keys"); text != "" {
		if out.MaxKeys, err = strconv.Atoi(text); err != nil || out.MaxKeys < 1 || out.MaxKeys > maxKeys {
			return &failure{http.StatusBadRequest, "InvalidArgument", "max-keys is 1 to 1000"}
		}
	}
	if len(keys) > out.MaxKeys {
		keys = keys[:out.MaxKeys]
		out.IsTruncated, out.NextContinuationToken = true, keys[len(keys)-1]
	}
	for _, key := range keys {
		file, etag, _, start, err := f.open(bucket, key)
		if errors.Is(err, fs.ErrNotExist) {
			continue // removed meanwhile
		}
		if err != nil {
			return err
		}
		info, err := file.Stat()
		if err := errors.Join(err, file.Close()); err != nil {
			return err
		}
		out.Contents = append(out.Contents, listedEntry{
			Key: key, LastModified: info.ModTime().UTC().Format(time.RFC3339), ETag: etag, Size: info.Size() - start, StorageClass: "STANDARD",
		})
	}
	out.KeyCount = len(out.Contents)
	return answer(w, out)
}

// removeAll removes the objects that the body lists.
func (f folder) removeAll(w http.ResponseWriter, r *http.Request, bucket string) error {
	var in struct {
		Quiet  bool
		Object []struct{ Key string }
	}
	if err := xml.NewDecoder(r.Body).Decode(&in); err != nil || len(in.Object) == 0 || len(in.Object) > maxKeys {
		return &failure{http.StatusBadRequest, "MalformedXML", "The body is not a list of 1 to 1000 objects"}
	}
	type entry struct{ Key string }
	var out struct {
		XMLName   xml.Name `xml:"DeleteResult"`
		Namespace string   `xml:"xmlns,attr"`
		Deleted   []entry
	}
	out.Namespace = namespace
	for _, o := range in.Object {
		if err := f.remove(bucket, o.Key); err != nil {
			return err
		}
		if !in.Quiet {
			out.Deleted = append(out.Deleted, entry{o.Key})
		}
	}
	return answer(w, out)
}

// answer writes a body of XML.
func answer(w http.ResponseWriter, body any) error {
	text, err := xml.Marshal(body)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/xml")
	_, _ = w.Write(append([]byte(xml.Header), text...)) // an error means that the client has gone
	return nil
}
