package stacks

import (
	"encoding/json"
	"fmt"
)

// A widget is a graph of the dashboard. Its metrics are JSON, as CloudWatch reads them.
type widget struct {
	Title, Stat string
	X, Y        int
	Metrics     []string
}

// Widgets returns the graphs of the dashboard, three in a row.
func (r rootTemplate) Widgets() []widget {
	metric := func(label string, words ...string) string {
		line := make([]any, 0, len(words)+1)
		for _, w := range words {
			line = append(line, w)
		}
		text, _ := json.Marshal(append(line, map[string]string{"label": label})) // texts are always encoded
		return string(text)
	}
	calls, duration := widget{Title: "Calls", Stat: "Sum"}, widget{Title: "Duration, ms, 99 of 100 calls", Stat: "p99"}
	for _, s := range r.Surfaces {
		for _, outcome := range []string{"ok", "refused", "fault"} {
			calls.Metrics = append(calls.Metrics, metric(s.Name+" "+outcome, "Parley", "L", "stage", "${Stage}", "surface", s.Name, "outcome", outcome))
		}
		duration.Metrics = append(duration.Metrics, metric(s.Name, "Parley", "duration_ms", "stage", "${Stage}", "surface", s.Name))
	}
	consumed := widget{Title: "Consumed: writes, reads, jobs, posts", Stat: "Sum"}
	for _, unit := range []string{"W", "R", "S", "P"} {
		consumed.Metrics = append(consumed.Metrics, metric(unit, "Parley", unit, "stage", "${Stage}"))
	}
	failed := widget{Title: "Faults, failures, answers 5xx, throttles", Stat: "Sum", Metrics: []string{
		metric("faults", "Parley", "faults-${Stage}"), metric("failures", "Parley", "failures-${Stage}"), metric("5xx", "Parley", "http-errors-${Stage}"),
		metric("frames without an answer", "AWS/ApiGateway", "IntegrationError", "ApiId", "${SocketApi}"),
		metric("throttles of the account", "AWS/Lambda", "Throttles"),
	}}
	sockets := widget{Title: "WebSocket: connects, frames and posts", Stat: "Sum", Metrics: []string{
		metric("connects", "AWS/ApiGateway", "ConnectCount", "ApiId", "${SocketApi}"),
		metric("frames and posts", "AWS/ApiGateway", "MessageCount", "ApiId", "${SocketApi}"),
	}}
	running := widget{Title: "Functions of the account that run at once", Stat: "Maximum", Metrics: []string{
		metric("at once", "AWS/Lambda", "ConcurrentExecutions"),
	}}
	tables := widget{Title: "Tables: units written and read", Stat: "Sum"}
	for _, t := range r.Tables {
		tables.Metrics = append(tables.Metrics,
			metric(t+" written", "AWS/DynamoDB", "ConsumedWriteCapacityUnits", "TableName", fmt.Sprintf("${%s}", t)),
			metric(t+" read", "AWS/DynamoDB", "ConsumedReadCapacityUnits", "TableName", fmt.Sprintf("${%s}", t)))
	}
	queues := widget{Title: "Jobs that wait", Stat: "Maximum"}
	for _, q := range r.Queues {
		queues.Metrics = append(queues.Metrics, metric(q, "AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", fmt.Sprintf("${%sName}", q)))
	}
	queues.Metrics = append(queues.Metrics,
		metric("dead letters", "AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", "${Dead}"),
		metric("set aside", "AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", "${Aside}"))
	behind := widget{Title: "Stream: how far behind, ms", Stat: "Maximum"}
	for _, f := range r.Streamed {
		behind.Metrics = append(behind.Metrics, metric(f.Name, "AWS/Lambda", "IteratorAge", "FunctionName", "parley-${Stage}-"+f.Physical))
	}
	all := []widget{calls, duration, failed, consumed, tables, queues, sockets, running, behind}
	for i := range all {
		all[i].X, all[i].Y = i%3*8, i/3*6
	}
	return all
}
