package backing

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
)

// The npm package that carries DynamoDB Local 1.25.1, whose licence forbids to
// ship it with the project, and the SHA-256 of its archive.
const (
	dynamoDBPackage = "amplify-dynamodb-simulator@2.9.30"
	dynamoDBArchive = "amplify-dynamodb-simulator-2.9.30.tgz"
	dynamoDBHash    = "3503ffac19f183407909fecdacf4db51ab1fdad1da7b2f177016670b2d80e4b9"
	mavenPlugin     = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies"
)

//go:embed elasticmq.pom.xml
var elasticMQPom []byte

// elasticMQHashes are the SHA-256 of every jar, as sha256sum writes them.
//
//go:embed elasticmq.sha256
var elasticMQHashes string

// dynamoDB answers the folder of DynamoDB Local, fetched if need be.
func (o Options) dynamoDB(ctx context.Context) (string, error) {
	return o.component("dynamodb-local-"+dynamoDBHash[:12], func(dir string) error {
		npm, err := tool("npm", "fetching DynamoDB Local", "install Node 20 (apt install nodejs npm, brew install node) or set AWS_ENDPOINT_URL_DYNAMODB")
		if err != nil {
			return err
		}
		o.note("fetching DynamoDB Local (54 MB, once)")
		if err := run(ctx, dir, npm, "pack", "--silent", dynamoDBPackage); err != nil {
			return fmt.Errorf("npm pack %s failed; check the network: %w", dynamoDBPackage, err)
		}
		archive := filepath.Join(dir, dynamoDBArchive)
		if err := check(archive, dynamoDBHash); err != nil {
			return err
		}
		if err := extract(archive, "package/emulator/", dir); err != nil {
			return err
		}
		return os.Remove(archive)
	})
}

// elasticMQ answers the folder of ElasticMQ's jars, fetched if need be.
func (o Options) elasticMQ(ctx context.Context) (string, error) {
	whole := sha256.Sum256([]byte(elasticMQHashes))
	return o.component("elasticmq-"+hex.EncodeToString(whole[:6]), func(dir string) error {
		mvn, err := tool("mvn", "fetching ElasticMQ", "install Maven (apt install maven, brew install maven) or set AWS_ENDPOINT_URL_SQS")
		if err != nil {
			return err
		}
		o.note("fetching ElasticMQ (37 MB, once)")
		pom := filepath.Join(dir, "pom.xml")
		if err := os.WriteFile(pom, elasticMQPom, 0o644); err != nil {
			return err
		}
		if err := run(ctx, dir, mvn, "-q", "-B", mavenPlugin, "-DoutputDirectory="+dir, "-DincludeScope=runtime"); err != nil {
			return fmt.Errorf("mvn copy-dependencies of ElasticMQ failed; check the network: %w", err)
		}
		expected := map[string]bool{}
		for _, line := range strings.Split(strings.TrimSpace(elasticMQHashes), "\n") {
			hash, name, _ := strings.Cut(line, "  ")
			expected[name] = true
			if err := check(filepath.Join(dir, name), hash); err != nil {
				return err
			}
		}
		jars, err := filepath.Glob(filepath.Join(dir, "*.jar"))
		if err != nil {
			return err
		}
		for _, jar := range jars {
			if !expected[filepath.Base(jar)] {
				return fmt.Errorf("ElasticMQ came with %s, which elasticmq.sha256 does not list; check it and add it", filepath.Base(jar))
			}
		}
		return os.RemoveAll(pom)
	})
}

// component answers a folder of the cache and fills it under a lock, since
// tests of several packages start at once. A folder appears whole or not.
func (o Options) component(name string, fill func(dir string) error) (string, error) {
	cache := o.Components
	if cache == "" {
		root, err := Root()
		if err != nil {
			return "", err
		}
		cache = filepath.Join(root, ".local", "components")
	}
	cache, err := filepath.Abs(cache)
	if err != nil {
		return "", err
	}
	final := filepath.Join(cache, name)
	if _, err := os.Stat(final); err == nil {
		return final, nil
	}
	if err := os.MkdirAll(cache, 0o755); err != nil {
		return "", fmt.Errorf("cache of components: %w", err)
	}
	lock, err := os.OpenFile(filepath.Join(cache, "lock"), os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return "", fmt.Errorf("cache of components: %w", err)
	}
	defer lock.Close() // which unlocks it
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		return "", fmt.Errorf("lock %s: %w", lock.Name(), err)
	}
	if _, err := os.Stat(final); err == nil {
		return final, nil
	}
	partial, err := os.MkdirTemp(cache, "partial-")
	if err != nil {
		return "", fmt.Errorf("cache of components: %w", err)
	}
	defer os.RemoveAll(partial)
	if err := fill(partial); err != nil {
		return "", err
	}
	if err := os.Chmod(partial, 0o755); err != nil {
		return "", err
	}
	return final, os.Rename(partial, final)
}

// Root is the repository this process runs in: the nearest folder above the
// working directory with the go.mod of parley.
func Root() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		text, err := os.ReadFile(filepath.Join(dir, "go.mod"))
		if err == nil && bytes.HasPrefix(text, []byte("module parley\n")) {
			return dir, nil
		}
		up := filepath.Dir(dir)
		if up == dir {
			return "", errors.New("not inside the repository: run this from the folder of its go.mod or below")
		}
		dir = up
	}
}

func run(ctx context.Context, dir, program string, args ...string) error {
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err == nil {
		return nil
	}
	for _, line := range strings.Split(string(out), "\n") {
		if strings.Contains(line, "ERR") {
			return fmt.Errorf("%w: %s", err, strings.TrimSpace(line))
		}
	}
	return err
}

func check(file, want string) error {
	f, err := os.Open(file)
	if err != nil {
		return fmt.Errorf("%s was not fetched: %w", filepath.Base(file), err)
	}
	defer f.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, f); err != nil {
		return err
	}
	if got := hex.EncodeToString(sum.Sum(nil)); got != want {
		return fmt.Errorf("%s has the SHA-256 %s, not the pinned %s; do not run it", filepath.Base(file), got, want)
	}
	return nil
}

// extract unpacks what is below a prefix of a .tgz.
func extract(archive, prefix, dir string) error {
	f, err := os.Open(archive)
	if err != nil {
		return err
	}
	defer f.Close()
	unzipped, err := gzip.NewReader(f)
	if err != nil {
		return err
	}
	files := tar.NewReader(unzipped)
	for {
		h, err := files.Next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fmt.Errorf("unpack %s: %w", filepath.Base(archive), err)
		}
		name, ok := strings.CutPrefix(h.Name, prefix)
		if !ok || h.Typeflag != tar.TypeReg || !filepath.IsLocal(name) {
			continue
		}
		if err := write(filepath.Join(dir, name), files); err != nil {
			return fmt.Errorf("unpack %s: %w", filepath.Base(archive), err)
		}
	}
}

func write(file string, from io.Reader) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, from)
	return errors.Join(err, f.Close())
}
