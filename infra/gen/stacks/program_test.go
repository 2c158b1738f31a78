package stacks

import (
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"parley/functions/catalog"
	"parley/infra/local/template"
	"parley/shared/config"
)

// load reads the stacks as the local cloud does, with parameters.
func load(t *testing.T, parameters map[string]string) *template.Model {
	t.Helper()
	m, err := template.Load(template.Options{
		Root: root + "/template.yaml", Data: root + "/infra/stacks/data.yaml", State: t.TempDir(), Parameters: parameters,
		SQS: "http://127.0.0.1:3", HTTP: "http://127.0.0.1:1", WebSocket: "http://127.0.0.1:2",
	})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// TestSecondProgram checks the parameters of a second program on the same data: without the
// surface worker it takes no job, and its functions post to the connections of the first.
func TestSecondProgram(t *testing.T) {
	m := load(t, map[string]string{"ServeWorker": "false", "Connections": "a1b2c3/prod"})
	for _, f := range m.Functions {
		if strings.HasPrefix(f.Handler, "worker.") || len(f.Queues)+len(f.Streams)+len(f.Schedules) > 0 {
			t.Errorf("%s is deployed", f.Handler)
		}
		if got, want := f.Environment["CONNECTIONS_ENDPOINT"], "https://a1b2c3.execute-api.us-east-1.amazonaws.com/prod"; got != want {
			t.Errorf("%s posts to %s, want %s", f.Handler, got, want)
		}
	}
	if n := len(m.Functions); n < 100 || n >= len(catalog.All()) {
		t.Errorf("%d functions", n)
	}
}

// TestSchema checks that the form of the data that data.yaml makes is one that the program can
// work with, and that CloudFormation refuses others before it changes anything.
func TestSchema(t *testing.T) {
	text, err := os.ReadFile(root + "/" + Dir + "/data.yaml")
	if err != nil {
		t.Fatal(err)
	}
	m := regexp.MustCompile(`(?m)^  Schema: \{Value: "(\d+)"\}`).FindSubmatch(text)
	if m == nil {
		t.Fatal("data.yaml has no output Schema")
	}
	if n, err := strconv.Atoi(string(m[1])); err != nil || n < config.OldestSchema || n > config.NewestSchema {
		t.Errorf("data.yaml makes data of the form %s, and the program works with %d to %d", m[1], config.OldestSchema, config.NewestSchema)
	}
	_, err = template.Load(template.Options{
		Root: root + "/template.yaml", Data: root + "/infra/stacks/data.yaml", State: t.TempDir(), SQS: "http://127.0.0.1:3",
		HTTP: "http://127.0.0.1:1", WebSocket: "http://127.0.0.1:2", Parameters: map[string]string{"Schema": strconv.Itoa(config.NewestSchema + 1)},
	})
	if err == nil || !strings.Contains(err.Error(), "AllowedValues") {
		t.Errorf("data of a later form: %v, want a refusal", err)
	}
}

// TestDomainName checks that each surface has a path of its own on the domain name of the HTTP
// APIs, and that one surface has all other paths.
func TestDomainName(t *testing.T) {
	files := generate(t, catalog.All(), Placement{})
	var keys []string
	for _, s := range surfaces(catalog.All()) {
		text := string(files[Dir+"/"+s.name+".yaml"])
		if !strings.Contains(text, "AWS::ApiGatewayV2::ApiMapping") {
			continue
		}
		key := ""
		if m := regexp.MustCompile(`ApiMappingKey: (\w+)`).FindStringSubmatch(text); m != nil {
			key = m[1]
		}
		if slices.Contains(keys, key) || key != "" && key != s.name {
			t.Errorf("%s: its path is %q", s.name, key)
		}
		keys = append(keys, key)
		if url := "https://${Domain}" + strings.TrimSuffix("/"+key, "/"); !strings.Contains(text, url+`"`) {
			t.Errorf("%s: its address is not %s", s.name, url)
		}
	}
	if !slices.Contains(keys, "") || len(keys) < 3 {
		t.Errorf("paths of the surfaces: %q, want one without a path, and two more at least", keys)
	}
}

// TestDashboard checks that the dashboard is what CloudWatch reads, and that it has no more
// than the 50 metrics of a dashboard that is free.
func TestDashboard(t *testing.T) {
	text := string(generate(t, catalog.All(), Placement{})[Dir+"/dashboard.yaml"])
	_, body, _ := strings.Cut(text, "- |\n")
	body, _, _ = strings.Cut(body, "\n        - ")
	var board struct {
		Widgets []struct {
			Properties struct {
				Title   string
				Metrics [][]any
			}
		}
	}
	if err := json.Unmarshal([]byte(body), &board); err != nil {
		t.Fatalf("%v\n%s", err, body)
	}
	metrics := 0
	for _, w := range board.Widgets {
		metrics += len(w.Properties.Metrics)
		if w.Properties.Title == "" || len(w.Properties.Metrics) == 0 {
			t.Errorf("a graph without a title or metrics: %+v", w)
		}
	}
	t.Logf("%d graphs, %d metrics", len(board.Widgets), metrics)
	if metrics > 50 || len(board.Widgets) < 9 {
		t.Errorf("%d graphs with %d metrics, and 50 are free", len(board.Widgets), metrics)
	}
}
