// Package config reads every environment variable of the program, once.
package config

import (
	"fmt"
	"log/slog"
	"slices"
	"strings"
)

// Config is what the deployment tells a function about its surroundings.
type Config struct {
	Stage   string // STAGE: the deployment's name, "local" on the local cloud
	Handler string // _HANDLER: the operation this process serves
	Region  string // AWS_REGION
	Tables  Tables
	Queues  Queues

	// Connections is the address of the WebSocket API's callback interface,
	// CONNECTIONS_ENDPOINT. Functions that never post have none.
	Connections string
	// SealKey names the key that seals application secrets, SEAL_KEY: a KMS key
	// ARN, or "file:" and a path on the local cloud.
	SealKey string

	DynamoDB string // AWS_ENDPOINT_URL_DYNAMODB, empty on AWS
	SQS      string // AWS_ENDPOINT_URL_SQS, empty on AWS
	S3       string // AWS_ENDPOINT_URL_S3, empty on AWS

	// Archive is the bucket of exported messages, BUCKET_ARCHIVE.
	Archive string

	Level slog.Level // LOG_LEVEL: debug, info (default), warn, error
}

// Tables are the names of the four tables.
type Tables struct{ Core, Msg, Live, Ops string }

// Queues are the addresses of the queues.
type Queues struct{ Delivery, Announce, Sweep, Push, Index string }

// Read builds the configuration from an environment, usually os.Getenv. It
// fails where a value is needed and missing, and names it.
func Read(env func(string) string) (Config, error) {
	c := Config{
		Stage:   or(env("STAGE"), "local"),
		Handler: env("_HANDLER"),
		Region:  or(env("AWS_REGION"), "us-east-1"),
		Tables: Tables{
			Core: env("TABLE_CORE"), Msg: env("TABLE_MSG"),
			Live: env("TABLE_LIVE"), Ops: env("TABLE_OPS"),
		},
		Queues: Queues{
			Delivery: env("QUEUE_DELIVERY"), Announce: env("QUEUE_ANNOUNCE"), Sweep: env("QUEUE_SWEEP"), Push: env("QUEUE_PUSH"),
			Index: env("QUEUE_INDEX"),
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
	if len(missing) > 0 {
		slices.Sort(missing)
		return Config{}, fmt.Errorf("environment lacks %s", strings.Join(missing, ", "))
	}
	if level := env("LOG_LEVEL"); level != "" {
		if err := c.Level.UnmarshalText([]byte(level)); err != nil {
			return Config{}, fmt.Errorf("LOG_LEVEL: %w", err)
		}
	}
	return c, nil
}

func or(value, fallback string) string {
	if value == "" {
		return fallback
	}
	return value
}
