package stacks

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"regexp"
	"slices"
	"testing"

	"parley/functions/catalog"
	"parley/shared/telemetry"
)

// TestMetrics checks that a stage has at most 40 custom metrics, which are paid: those that
// the lines of all surfaces declare, and those that filters of the logs make.
func TestMetrics(t *testing.T) {
	all := catalog.All()
	metrics := make(map[string]bool)
	for _, s := range surfaces(all) {
		for _, outcome := range []string{"ok", "refused", "fault"} {
			declared(t, metrics, telemetry.Line{
				Operation: s.operations[0].Name, Surface: s.name, Outcome: outcome,
				Notes: map[string]telemetry.Note{telemetry.Unreadable: {}, telemetry.Undelivered: {}},
			})
		}
	}
	named := regexp.MustCompile(`MetricNamespace: Parley, MetricName: !Sub "([^"]+)"`)
	for _, text := range generate(t, all, Placement{}) {
		for _, m := range named.FindAllStringSubmatch(string(text), -1) {
			metrics[m[1]] = true
		}
	}
	t.Logf("%d custom metrics", len(metrics))
	if len(metrics) > 40 || len(metrics) < 20 {
		t.Errorf("got %d custom metrics, want at most 40: %q", len(metrics), slices.Sorted(maps.Keys(metrics)))
	}
}

// declared adds the metrics that a log line declares, each with its dimensions.
func declared(t *testing.T, metrics map[string]bool, line telemetry.Line) {
	t.Helper()
	var b bytes.Buffer
	telemetry.NewLogger(&b, "dev", slog.LevelInfo).Write(line)
	var record map[string]any
	var envelope struct {
		AWS struct {
			CloudWatchMetrics []struct {
				Dimensions [][]string
				Metrics    []struct{ Name string }
			}
		} `json:"_aws"`
	}
	if err := errors.Join(json.Unmarshal(b.Bytes(), &record), json.Unmarshal(b.Bytes(), &envelope)); err != nil {
		t.Fatal(err)
	}
	for _, directive := range envelope.AWS.CloudWatchMetrics {
		for _, set := range directive.Dimensions {
			for _, metric := range directive.Metrics {
				name := metric.Name
				for _, dimension := range set {
					name += fmt.Sprintf(" %s=%v", dimension, record[dimension])
				}
				metrics[name] = true
			}
		}
	}
}
