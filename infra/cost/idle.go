package cost

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"
)

// An Item is a part of what a stage costs in a month in which nobody uses it.
type Item struct {
	Name  string
	Count float64
	Unit  string
	Price float64 // US dollars for one unit, us-east-1
	// Free is how many units AWS gives each account for nothing, for ever. The first stage
	// of an account uses them up.
	Free float64
}

// USD returns the price of a month, with the free units and without them.
func (i Item) USD() (first, further float64) {
	return max(0, i.Count-i.Free) * i.Price, i.Count * i.Price
}

// total returns the sums of USD.
func total(items []Item) (first, further float64) {
	for _, i := range items {
		f, g := i.USD()
		first, further = first+f, further+g
	}
	return first, further
}

var (
	section   = regexp.MustCompile(`^\[([a-z]+)(?:-data)?\.deploy\.parameters\]`)
	overrides = regexp.MustCompile(`^parameter_overrides = "(.*)"`)
)

// Parameters returns the parameters of a stage, for both of its stacks, from samconfig.toml.
func Parameters(samconfig, stage string) (map[string]string, error) {
	text, err := os.ReadFile(samconfig) // a file of the repository
	if err != nil {
		return nil, err
	}
	out, within := make(map[string]string), ""
	for line := range strings.Lines(string(text)) {
		if m := section.FindStringSubmatch(line); m != nil {
			within = m[1]
		}
		m := overrides.FindStringSubmatch(line)
		if m == nil || within != stage {
			continue
		}
		for _, pair := range strings.Fields(m[1]) {
			name, value, _ := strings.Cut(pair, "=")
			out[name] = value
		}
	}
	if out["Stage"] != stage {
		return nil, fmt.Errorf("%s has no stage %s", samconfig, stage)
	}
	return out, nil
}

// Idle returns the items of the stacks in a folder, with the parameters of a stage.
// Everything else costs nothing while nobody calls: tables and functions are paid by use,
// APIs by call.
func Idle(dir string, parameters map[string]string) ([]Item, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.yaml"))
	if err != nil {
		return nil, err
	}
	var keys, alarms, dashboards, queues, runs, hours float64
	for _, file := range files {
		text, err := os.ReadFile(file) // a file of the repository
		if err != nil {
			return nil, err
		}
		var doc stackFile
		if err := yaml.Unmarshal(text, &doc); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		for _, r := range doc.Resources {
			switch r.Type {
			case "AWS::KMS::Key":
				if parameters["Seal"] != "parameter" {
					keys++
				}
			case "AWS::CloudWatch::Dashboard":
				if parameters["Dashboard"] != "false" {
					dashboards++
				}
			case "AWS::CloudWatch::Alarm": // each metric of an expression is paid, and not the expression
				if parameters["Alarms"] != "false" {
					alarms += float64(max(1, len(r.Properties.Metrics)-1))
				}
			}
			for _, e := range r.Properties.Events {
				if e.Type == "SQS" {
					queues++
				}
				if e.Type == "Schedule" {
					n, err := runsOf(e.Properties.Schedule)
					if err != nil {
						return nil, fmt.Errorf("%s: %w", file, err)
					}
					runs += n
					hours += min(n, minutes/60)
				}
			}
		}
	}
	// A worker writes these metrics, and an hour of a metric is paid if it has a value in that hour.
	const metricsOfWorker = 3
	const polls = 5 * 3 * minutes // Lambda begins with five pollers, each waits 20 s for a message
	return []Item{
		{"seal key in KMS, before its first rotation", keys, "key", 1, 0},
		{"metrics that alarms watch", alarms, "metric", 0.10, 10},
		{"dashboards", dashboards, "dashboard", 3, 3},
		{"receives of empty queues by Lambda", queues * polls / 1e6, "million requests", queueCall, 1},
		{"metrics of the scheduled workers", metricsOfWorker * hours / (minutes / 60), "metric", 0.30, 10},
		{"scheduled workers", runs / 1e6, "million invocations of 0.1 s", invocation + 100*millisecond(512), 1},
		{"lines of the scheduled workers", runs * 800 / 1e9, "GB", 0.50, 5},
	}, nil
}

// stackFile is what of a template is read.
type stackFile struct {
	Resources map[string]struct {
		Type       string `yaml:"Type"`
		Properties struct {
			Metrics []yaml.Node `yaml:"Metrics"`
			Events  map[string]struct {
				Type       string `yaml:"Type"`
				Properties struct {
					Schedule string `yaml:"Schedule"`
				} `yaml:"Properties"`
			} `yaml:"Events"`
		} `yaml:"Properties"`
	} `yaml:"Resources"`
}

// minutes is the number of minutes of a month of 30 days.
const minutes = 30 * 24 * 60

// runsOf returns how often a month "rate(15 minutes)" is.
func runsOf(schedule string) (float64, error) {
	var n float64
	var unit string
	if _, err := fmt.Sscanf(strings.NewReplacer("rate(", "", ")", "").Replace(schedule), "%g %s", &n, &unit); err != nil || n <= 0 {
		return 0, fmt.Errorf("the schedule %q is not a rate", schedule)
	}
	length := map[string]float64{"minute": 1, "hour": 60, "day": 24 * 60}[strings.TrimSuffix(unit, "s")]
	if length == 0 {
		return 0, fmt.Errorf("the schedule %q has no known unit", schedule)
	}
	return minutes / (n * length), nil
}

// FormatIdle returns the items of some stages as a table, with the price of the first stage of
// an account and of a further one, for which nothing is free any more.
func FormatIdle(stages []string, items map[string][]Item) string {
	var b strings.Builder
	b.WriteString("stage\titem\tcount\tunit\tusd_per_unit\tfree\tusd_first_stage\tusd_further_stage\n")
	for _, stage := range stages {
		for _, i := range items[stage] {
			f, g := i.USD()
			fmt.Fprintf(&b, "%s\t%s\t%.3g\t%s\t%.2f\t%g\t%.2f\t%.2f\n", stage, i.Name, i.Count, i.Unit, i.Price, i.Free, f, g)
		}
		f, g := total(items[stage])
		fmt.Fprintf(&b, "%s\ta month\t\t\t\t\t%.2f\t%.2f\n", stage, f, g)
	}
	return b.String()
}
