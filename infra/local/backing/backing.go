// Package backing fetches, starts and stops the servers the local cloud rests
// on: DynamoDB Local and ElasticMQ. A child never outlives its parent, however
// the parent ends, and DynamoDB Local always gets the SIGTERM it flushes on.
//
//	db, err := backing.DynamoDB(ctx, backing.Options{InMemory: true})
//	...
//	defer db.Stop()
//	err = backing.CreateTables(ctx, db.Endpoint(), tables)
//
// AWS_ENDPOINT_URL_DYNAMODB and AWS_ENDPOINT_URL_SQS in the environment replace
// the child: Endpoint is then theirs and Stop does nothing.
package backing

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"parley/infra/local/template"
)

// Options say where a component keeps what it needs. The zero Options run it
// on a free port with its files in the repository's .local directory.
type Options struct {
	Components string // cache of what was fetched; default .local/components
	Dir        string // data on disk; unused in memory
	InMemory   bool   // everything is forgotten when the component stops
	Port       int    // 0: a free one
	Log        string // file of its output; default in the temporary directory
	// Note is told of slow steps, such as a download. May be nil.
	Note func(string)
}

// DynamoDB starts DynamoDB Local. It listens on all interfaces: that cannot be
// changed, so its port is a free one.
func DynamoDB(ctx context.Context, o Options) (*Process, error) {
	if p := external("DynamoDB", "AWS_ENDPOINT_URL_DYNAMODB"); p != nil {
		return p, nil
	}
	java, err := tool("java", "DynamoDB Local", "install a Java 17 runtime (apt install openjdk-17-jre-headless, brew install openjdk@17) or set AWS_ENDPOINT_URL_DYNAMODB")
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
	store := []string{"-inMemory"}
	if !o.InMemory {
		dir, err := filepath.Abs(o.Dir)
		if err != nil {
			return nil, err
		}
		store = []string{"-dbPath", dir}
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return nil, fmt.Errorf("data directory: %w", err)
		}
	}
	if err := os.MkdirAll(tmp, 0o755); err != nil {
		return nil, err
	}
	return retry(o.Port, func(port int) (*Process, error) {
		argv := append([]string{java, "-Xmx512m", "-Djava.io.tmpdir=" + tmp,
			"-Djava.library.path=" + filepath.Join(home, "DynamoDBLocal_lib"), "-jar", filepath.Join(home, "DynamoDBLocal.jar"),
			"-port", fmt.Sprint(port), "-sharedDb", "-disableTelemetry"}, store...)
		return start(ctx, "DynamoDB Local", port, o.log("dynamodb", port), home, argv...)
	})
}

// ElasticMQ starts an SQS server with the queues of the templates, on
// 127.0.0.1. It keeps messages in Dir, or in memory.
func ElasticMQ(ctx context.Context, o Options, queues []template.Queue) (*Process, error) {
	if p := external("SQS", "AWS_ENDPOINT_URL_SQS"); p != nil {
		return p, nil
	}
	java, err := tool("java", "ElasticMQ", "install a Java 17 runtime (apt install openjdk-17-jre-headless, brew install openjdk@17) or set AWS_ENDPOINT_URL_SQS")
	if err != nil {
		return nil, err
	}
	home, err := o.elasticMQ(ctx)
	if err != nil {
		return nil, err
	}
	store := ""
	if !o.InMemory {
		dir, err := filepath.Abs(o.Dir)
		if err != nil {
			return nil, err
		}
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return nil, fmt.Errorf("data directory: %w", err)
		}
		store = filepath.Join(dir, "queues")
	}
	return retry(o.Port, func(port int) (*Process, error) {
		log := o.log("elasticmq", port)
		config := strings.TrimSuffix(log, ".log") + ".conf"
		if err := os.MkdirAll(filepath.Dir(config), 0o755); err != nil {
			return nil, fmt.Errorf("config of ElasticMQ: %w", err)
		}
		if err := os.WriteFile(config, queueConfig(port, store, queues), 0o644); err != nil {
			return nil, fmt.Errorf("config of ElasticMQ: %w", err)
		}
		return start(ctx, "ElasticMQ", port, log, home, java, "-Xmx256m",
			"-Dconfig.file="+config, "-cp", filepath.Join(home, "*"), "org.elasticmq.server.Main")
	})
}

func queueConfig(port int, store string, queues []template.Queue) []byte {
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
	if store != "" {
		// Without WRITE_DELAY=0 a kill loses what was acknowledged last.
		fmt.Fprintf(&b, "messages-storage { enabled = true, uri = %q }\n", "jdbc:h2:file:"+store+";WRITE_DELAY=0;DB_CLOSE_ON_EXIT=FALSE")
	}
	return b.Bytes()
}

func (o Options) log(name string, port int) string {
	if o.Log != "" {
		return o.Log
	}
	dir := filepath.Join(os.TempDir(), fmt.Sprintf("parley-local-%d", os.Getuid()))
	_ = os.MkdirAll(dir, 0o755) // start reports it when the log cannot be made
	return filepath.Join(dir, fmt.Sprintf("%s-%d.log", name, port))
}

func (o Options) note(text string) {
	if o.Note != nil {
		o.Note(text)
	}
}

// tool finds a program or says in one line how to get it.
func tool(name, why, advice string) (string, error) {
	path, err := exec.LookPath(name)
	if err != nil {
		return "", fmt.Errorf("%s is not installed and %s needs it: %s", name, why, advice)
	}
	return path, nil
}
