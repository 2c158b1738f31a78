// Package backing downloads, starts and stops the servers in which the local cloud
// stores data: DynamoDB Local and ElasticMQ. A server ends when the process that
// started it ends, even if that process is killed with SIGKILL. DynamoDB Local is
// always ended with SIGTERM, because only then does it flush its data to disk.
//
//	db, err := backing.DynamoDB(ctx, backing.Options{InMemory: true})
//	...
//	defer db.Stop()
//	err = backing.CreateTables(ctx, db.Endpoint(), tables)
//
// If AWS_ENDPOINT_URL_DYNAMODB or AWS_ENDPOINT_URL_SQS is set, no server is started:
// Endpoint returns that address, and Stop does nothing.
package backing

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"parley/infra/local/template"
)

// Options say where a server stores its data and on which port it listens.
type Options struct {
	Components string // cache of the downloaded programs; default .local/components of the repository
	Dir        string // where the data is stored, unless InMemory
	InMemory   bool   // the data is lost when the server stops
	Port       int    // 0 means any free port
	Log        string // file for the output of the server; default in the temporary directory
	// LongRun lets the Java compiler of DynamoDB Local optimise as far as it can. The server is
	// then ready one to three seconds later and slower in the first minutes, and faster after
	// them. It is for benchmarks.
	LongRun bool
	// Note receives messages about slow steps, such as a download. May be nil.
	Note func(string)
}

// DynamoDB starts DynamoDB Local. DynamoDB Local listens on all network interfaces,
// and that cannot be changed.
func DynamoDB(ctx context.Context, o Options) (*Process, error) {
	if p := externalServer("DynamoDB", "AWS_ENDPOINT_URL_DYNAMODB"); p != nil {
		return p, nil
	}
	java, err := findProgram("java", "DynamoDB Local", "install a Java 17 runtime (apt install openjdk-17-jre-headless, brew install openjdk@17) or set AWS_ENDPOINT_URL_DYNAMODB")
	if err != nil {
		return nil, err
	}
	home, err := o.dynamoDB(ctx)
	if err != nil {
		return nil, err
	}
	tmp, err := filepath.Abs(filepath.Join(filepath.Dir(home), "tmp"))
	if err != nil {
		return nil, err
	}
	storage := []string{"-inMemory"}
	if !o.InMemory {
		dir, err := filepath.Abs(o.Dir)
		if err != nil {
			return nil, err
		}
		storage = []string{"-dbPath", dir}
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return nil, fmt.Errorf("data directory: %w", err)
		}
	}
	if err := os.MkdirAll(tmp, 0o755); err != nil {
		return nil, err
	}
	return startOnPort(o.Port, func(port int) (*Process, error) {
		argv := append([]string{java, "-Xmx512m", o.javaCompiler(), "-Djava.io.tmpdir=" + tmp,
			"-Djava.library.path=" + filepath.Join(home, "DynamoDBLocal_lib"), "-jar", filepath.Join(home, "DynamoDBLocal.jar"),
			"-port", fmt.Sprint(port), "-sharedDb", "-disableTelemetry"}, storage...)
		return start(ctx, "DynamoDB Local", port, o.log("dynamodb", port), home, argv...)
	})
}

// javaCompiler returns the option that chooses the compilers of Java. The first compiler alone
// has DynamoDB Local ready after 1.7 s, with 1.2 s of CPU time; both have it ready after 2.8 s,
// with 2.2 s of CPU time.
func (o Options) javaCompiler() string {
	if o.LongRun {
		return "-XX:+TieredCompilation" // both, Java's default
	}
	return "-XX:TieredStopAtLevel=1"
}

// ElasticMQ starts an SQS server on 127.0.0.1 with the given queues.
func ElasticMQ(ctx context.Context, o Options, queues []template.Queue) (*Process, error) {
	if p := externalServer("SQS", "AWS_ENDPOINT_URL_SQS"); p != nil {
		return p, nil
	}
	java, err := findProgram("java", "ElasticMQ", "install a Java 17 runtime (apt install openjdk-17-jre-headless, brew install openjdk@17) or set AWS_ENDPOINT_URL_SQS")
	if err != nil {
		return nil, err
	}
	home, err := o.elasticMQ(ctx)
	if err != nil {
		return nil, err
	}
	file := ""
	if !o.InMemory {
		dir, err := filepath.Abs(o.Dir)
		if err != nil {
			return nil, err
		}
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return nil, fmt.Errorf("data directory: %w", err)
		}
		file = filepath.Join(dir, "queues")
	}
	return startOnPort(o.Port, func(port int) (*Process, error) {
		log := o.log("elasticmq", port)
		config := strings.TrimSuffix(log, ".log") + ".conf"
		if err := os.MkdirAll(filepath.Dir(config), 0o755); err != nil {
			return nil, fmt.Errorf("config of ElasticMQ: %w", err)
		}
		if err := os.WriteFile(config, queueConfig(port, file, queues), 0o644); err != nil {
			return nil, fmt.Errorf("config of ElasticMQ: %w", err)
		}
		return start(ctx, "ElasticMQ", port, log, home, java, "-Xmx256m",
			"-Dconfig.file="+config, "-cp", filepath.Join(home, "*"), "org.elasticmq.server.Main")
	})
}

// queueConfig returns the configuration file of ElasticMQ. If file is empty, the
// messages are stored in memory only.
func queueConfig(port int, file string, queues []template.Queue) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, `include classpath("application.conf")
node-address { protocol = http, host = "127.0.0.1", port = %d, context-path = "" }
rest-sqs { enabled = true, bind-hostname = "127.0.0.1", bind-port = %d, sqs-limits = strict }
rest-stats { enabled = false }
aws { region = us-east-1, accountId = "%s" }
queues {
`, port, port, template.Account)
	for _, q := range queues {
		fmt.Fprintf(&b, "  %q { defaultVisibilityTimeout = %d seconds, delay = %d seconds, receiveMessageWait = %d seconds",
			q.Name, int(q.Visibility.Seconds()), int(q.Delay.Seconds()), int(q.Wait.Seconds()))
		if q.FIFO {
			b.WriteString(", fifo = true")
		}
		if q.DeadLetter != "" {
			fmt.Fprintf(&b, ", deadLettersQueue { name = %q, maxReceiveCount = %d }", q.DeadLetter, q.MaxReceive)
		}
		b.WriteString(" }\n")
	}
	b.WriteString("}\n")
	if file != "" {
		// Without WRITE_DELAY=0 a kill loses messages that were acknowledged last.
		fmt.Fprintf(&b, "messages-storage { enabled = true, uri = %q }\n", "jdbc:h2:file:"+file+";WRITE_DELAY=0;DB_CLOSE_ON_EXIT=FALSE")
	}
	return b.Bytes()
}

func (o Options) log(name string, port int) string {
	if o.Log != "" {
		return o.Log
	}
	dir := filepath.Join(os.TempDir(), fmt.Sprintf("parley-local-%d", os.Getuid()))
	_ = os.MkdirAll(dir, 0o755) // if this fails, start reports that it cannot create the log
	return filepath.Join(dir, fmt.Sprintf("%s-%d.log", name, port))
}

func (o Options) note(text string) {
	if o.Note != nil {
		o.Note(text)
	}
}

// findProgram returns the path of a program. If it is not installed, the error says
// in one line which component needs it and how to install it.
func findProgram(name, neededBy, advice string) (string, error) {
	path, err := exec.LookPath(name)
	if err != nil {
		return "", fmt.Errorf("%s is not installed and %s needs it: %s", name, neededBy, advice)
	}
	return path, nil
}

// Root returns the folder of the repository: the working directory, or the nearest
// folder above it, that contains the go.mod of parley.
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
