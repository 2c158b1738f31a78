package backing

import (
	"archive/tar"
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

// The npm package that contains DynamoDB Local 1.25.1, and the SHA-256 of its
// archive. The licence of DynamoDB Local does not allow the project to contain it.
const (
	dynamoDBPackage = "amplify-dynamodb-simulator@2.9.30"
	dynamoDBArchive = "amplify-dynamodb-simulator-2.9.30.tgz"
	dynamoDBHash    = "3503ffac19f183407909fecdacf4db51ab1fdad1da7b2f177016670b2d80e4b9"

	mavenPlugin = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies"
)

// elasticMQPom names ElasticMQ 1.7.1 as a dependency, for Maven.
//
//go:embed elasticmq.pom.xml
var elasticMQPom []byte

// elasticMQJars lists every jar of ElasticMQ with its SHA-256, as sha256sum writes them.
//
//go:embed elasticmq.sha256
var elasticMQJars string

// dynamoDB returns the folder of DynamoDB Local. It downloads it if it is not there.
func (o Options) dynamoDB(ctx context.Context) (string, error) {
	return o.component("dynamodb-local-"+dynamoDBHash[:12], func(dir string) error {
		npm, err := findProgram("npm", "fetching DynamoDB Local", "install Node 20 (apt install nodejs npm, brew install node) or set AWS_ENDPOINT_URL_DYNAMODB")
		if err != nil {
			return err
		}
		o.note("fetching DynamoDB Local (54 MB, once)")
		if err := runCommand(ctx, dir, npm, "pack", "--silent", dynamoDBPackage); err != nil {
			return fmt.Errorf("npm pack %s failed; check the network: %w", dynamoDBPackage, err)
		}
		archive := filepath.Join(dir, dynamoDBArchive)
		if err := checkHash(archive, dynamoDBHash); err != nil {
			return err
		}
		if err := extract(archive, "package/emulator/", dir); err != nil {
			return err
		}
		return os.Remove(archive)
	})
}

// elasticMQ returns the folder of ElasticMQ's jars. It has Maven download them if they
// are not there, and refuses a jar that does not have the expected SHA-256.
func (o Options) elasticMQ(ctx context.Context) (string, error) {
	listHash := sha256.Sum256([]byte(elasticMQJars))
	return o.component("elasticmq-"+hex.EncodeToString(listHash[:6]), func(dir string) error {
		mvn, err := findProgram("mvn", "fetching ElasticMQ", "install Maven (apt install maven, brew install maven) or set AWS_ENDPOINT_URL_SQS")
		if err != nil {
			return err
		}
		o.note("fetching ElasticMQ (37 MB, once)")
		pom := filepath.Join(dir, "pom.xml")
		if err := os.WriteFile(pom, elasticMQPom, 0o644); err != nil {
			return err
		}
		if err := runCommand(ctx, dir, mvn, "-q", "-B", mavenPlugin, "-DoutputDirectory="+dir, "-DincludeScope=runtime"); err != nil {
			return fmt.Errorf("mvn copy-dependencies of ElasticMQ failed; check the network: %w", err)
		}
		expected := map[string]bool{}
		for line := range strings.Lines(elasticMQJars) {
			hash, name, _ := strings.Cut(strings.TrimSpace(line), "  ")
			expected[name] = true
			if err := checkHash(filepath.Join(dir, name), hash); err != nil {
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

// component returns a folder of the cache. If the folder does not exist, fill
// creates its content. A lock file makes other processes wait meanwhile, for example
// the tests of several packages. The folder gets its final name when it is complete.
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
	defer lock.Close() // also unlocks it
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

// runCommand runs a program in a folder. The error contains the first line of its
// output that says ERR.
func runCommand(ctx context.Context, dir, program string, args ...string) error {
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

// checkHash returns an error if the SHA-256 of a file is not the expected one.
func checkHash(file, want string) error {
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

// extract unpacks those files of a .tgz whose path begins with prefix. The prefix is
// removed from their paths.
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
		if err := writeFile(filepath.Join(dir, name), files); err != nil {
			return fmt.Errorf("unpack %s: %w", filepath.Base(archive), err)
		}
	}
}

func writeFile(file string, from io.Reader) error {
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
