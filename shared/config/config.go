// Package config reads all environment variables of the program, once, at the start.
package config

import (
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"strings"
)

// The forms of stored data that the program can work with. CONTRIBUTING.md says when one of
// them changes, and docs/adr/0041-deployment.md how a deployment is refused.
const (
	OldestSchema = 1
	NewestSchema = 1
)

// Config is what the deployment says to a function about its environment.
type Config struct {
	Stage   string // STAGE: name of the deployment, "local" on the local cloud
	Handler string // _HANDLER: name of the operation that this process runs
	Region  string // AWS_REGION
	Tables  Tables
	Queues  Queues

	Schema int // SCHEMA: in which form the data of the deployment is stored

	// Connections is the URL for posts to WebSocket connections, CONNECTIONS_ENDPOINT. It
	// is empty for functions that never post.
	Connections string
	// SealKey is the key that encrypts the secrets of applications, SEAL_KEY: the ARN of a
	// KMS key, or, on the local cloud, "file:" and a path.
	SealKey string

	DynamoDB string // AWS_ENDPOINT_URL_DYNAMODB, empty on AWS
	SQS      string // AWS_ENDPOINT_URL_SQS, empty on AWS
	S3       string // AWS_ENDPOINT_URL_S3, empty on AWS

	// Archive is the S3 bucket of exported messages, BUCKET_ARCHIVE.
	Archive string

	Memory int // AWS_LAMBDA_FUNCTION_MEMORY_SIZE in MB, 0 if it is not set

	Level slog.Level // LOG_LEVEL: debug, info (default), warn, error
}

// Tables are the names of the four tables.
type Tables struct{ Core, Msg, Live, Ops string }

// Queues are the URLs of the queues.
type Queues struct{ Delivery, Broadcast, Background, Push string }

// Read reads the configuration with a function that returns the value of an environment
// variable, usually os.Getenv. It fails if a required variable is missing, and the error
// names all that are missing.
func Read(env func(string) string) (Config, error) {
	c := Config{
		Stage:   orDefault(env("STAGE"), "local"),
		Handler: env("_HANDLER"),
		Region:  orDefault(env("AWS_REGION"), "us-east-1"),
		Tables: Tables{
			Core: env("TABLE_CORE"), Msg: env("TABLE_MSG"),
			Live: env("TABLE_LIVE"), Ops: env("TABLE_OPS"),
		},
		Queues: Queues{
			Delivery: env("QUEUE_DELIVERY"), Broadcast: env("QUEUE_BROADCAST"), Background: env("QUEUE_BACKGROUND"), Push: env("QUEUE_PUSH"),
		},
		Connections: env("CONNECTIONS_ENDPOINT"),
		SealKey:     env("SEAL_KEY"),
		DynamoDB:    env("AWS_ENDPOINT_URL_DYNAMODB"),
		SQS:         env("AWS_ENDPOINT_URL_SQS"),
		S3:          env("AWS_ENDPOINT_URL_S3"),
		Archive:     env("BUCKET_ARCHIVE"),
	}
	var missing []string
	for name, value := range map[string]string{
		"TABLE_CORE": c.Tables.Core, "TABLE_MSG": c.Tables.Msg,
		"TABLE_LIVE": c.Tables.Live, "TABLE_OPS": c.Tables.Ops, "SEAL_KEY": c.SealKey,
	} {
		if value == "" {
			missing = append(missing, name)
		}
	}
	if env("SCHEMA") == "" {
		missing = append(missing, "SCHEMA")
	}
	if len(missing) > 0 {
		slices.Sort(missing)
		return Config{}, fmt.Errorf("environment lacks %s", strings.Join(missing, ", "))
	}
	var err error
	if c.Schema, err = strconv.Atoi(env("SCHEMA")); err != nil || c.Schema < OldestSchema || c.Schema > NewestSchema {
		return Config{}, fmt.Errorf("SCHEMA is %q, and this program works with data of the forms %d to %d", env("SCHEMA"), OldestSchema, NewestSchema)
	}
	if memory := env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE"); memory != "" {
		if c.Memory, err = strconv.Atoi(memory); err != nil {
			return Config{}, fmt.Errorf("AWS_LAMBDA_FUNCTION_MEMORY_SIZE: %w", err)
		}
	}
	if level := env("LOG_LEVEL"); level != "" {
		if err := c.Level.UnmarshalText([]byte(level)); err != nil {
			return Config{}, fmt.Errorf("LOG_LEVEL: %w", err)
		}
	}
	return c, nil
}

func orDefault(value, fallback string) string {
	if value == "" {
		return fallback
	}
	return value
}
