package config_test

import (
	"log/slog"
	"maps"
	"strconv"
	"strings"
	"testing"

	"parley/shared/config"
)

func completeEnvironment() map[string]string {
	return map[string]string{
		"STAGE": "prod", "SCHEMA": "1", "_HANDLER": "client.message.send", "AWS_REGION": "eu-central-1",
		"TABLE_CORE": "core", "TABLE_MSG": "msg", "TABLE_LIVE": "live", "TABLE_OPS": "ops",
		"QUEUE_DELIVERY": "https://sqs/delivery", "QUEUE_BROADCAST": "https://sqs/broadcast",
		"QUEUE_BACKGROUND": "https://sqs/background", "QUEUE_PUSH": "https://sqs/push", "CONNECTIONS_ENDPOINT": "https://ws", "SEAL_KEY": "arn:key",
		"AWS_ENDPOINT_URL_DYNAMODB": "http://d", "AWS_ENDPOINT_URL_SQS": "http://s", "LOG_LEVEL": "warn",
		"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
	}
}

func lookup(m map[string]string) func(string) string {
	return func(name string) string { return m[name] }
}

func TestReadsEveryVariable(t *testing.T) {
	got, err := config.Read(lookup(completeEnvironment()))
	want := config.Config{
		Stage: "prod", Schema: 1, Handler: "client.message.send", Region: "eu-central-1",
		Tables:      config.Tables{Core: "core", Msg: "msg", Live: "live", Ops: "ops"},
		Queues:      config.Queues{Delivery: "https://sqs/delivery", Broadcast: "https://sqs/broadcast", Background: "https://sqs/background", Push: "https://sqs/push"},
		Connections: "https://ws", SealKey: "arn:key", DynamoDB: "http://d", SQS: "http://s", Level: slog.LevelWarn,
		Memory: 512,
	}
	if err != nil || got != want {
		t.Errorf("Read = %+v, %v, want %+v", got, err, want)
	}
}

func TestDefaultsOfOptionalVariables(t *testing.T) {
	env := completeEnvironment()
	for _, name := range []string{
		"STAGE", "_HANDLER", "AWS_REGION", "QUEUE_DELIVERY", "QUEUE_BROADCAST", "QUEUE_BACKGROUND", "QUEUE_PUSH", "CONNECTIONS_ENDPOINT", "AWS_ENDPOINT_URL_DYNAMODB",
		"AWS_ENDPOINT_URL_SQS", "LOG_LEVEL", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
	} {
		delete(env, name)
	}
	got, err := config.Read(lookup(env))
	want := config.Config{
		Stage: "local", Schema: 1, Region: "us-east-1", Tables: config.Tables{Core: "core", Msg: "msg", Live: "live", Ops: "ops"},
		SealKey: "arn:key", Level: slog.LevelInfo,
	}
	if err != nil || got != want {
		t.Errorf("Read = %+v, %v, want %+v", got, err, want)
	}
}

func TestNamesMissingVariables(t *testing.T) {
	required := []string{"SCHEMA", "SEAL_KEY", "TABLE_CORE", "TABLE_LIVE", "TABLE_MSG", "TABLE_OPS"}
	for _, name := range required {
		env := maps.Clone(completeEnvironment())
		delete(env, name)
		got, err := config.Read(lookup(env))
		if want := "environment lacks " + name; err == nil || err.Error() != want {
			t.Errorf("without %s: %v, want %s", name, err, want)
		}
		if got != (config.Config{}) {
			t.Errorf("without %s: %+v, want nothing", name, got)
		}
	}
	_, err := config.Read(lookup(nil))
	if want := "environment lacks " + strings.Join(required, ", "); err == nil || err.Error() != want {
		t.Errorf("without anything: %v, want %s", err, want)
	}
}

// TestRefusesDataOfAnotherForm: a program does not start with data that it would misread.
func TestRefusesDataOfAnotherForm(t *testing.T) {
	for _, schema := range []string{"0", strconv.Itoa(config.OldestSchema - 1), strconv.Itoa(config.NewestSchema + 1), "new"} {
		env := completeEnvironment()
		env["SCHEMA"] = schema
		if got, err := config.Read(lookup(env)); err == nil || !strings.Contains(err.Error(), "SCHEMA is") {
			t.Errorf("SCHEMA %s: %+v, %v, want an error that names it", schema, got, err)
		}
	}
}

func TestReadsLogLevel(t *testing.T) {
	for text, want := range map[string]slog.Level{
		"debug": slog.LevelDebug, "info": slog.LevelInfo, "WARN": slog.LevelWarn, "error": slog.LevelError,
	} {
		env := completeEnvironment()
		env["LOG_LEVEL"] = text
		if got, err := config.Read(lookup(env)); err != nil || got.Level != want {
			t.Errorf("LOG_LEVEL %s is %s, %v, want %s", text, got.Level, err, want)
		}
	}
	env := completeEnvironment()
	env["LOG_LEVEL"] = "loud"
	if _, err := config.Read(lookup(env)); err == nil || !strings.HasPrefix(err.Error(), "LOG_LEVEL: ") {
		t.Errorf("LOG_LEVEL loud: %v, want an error that names the variable", err)
	}
}
