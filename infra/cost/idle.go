package cost

import (
	"fmt"
	"os"
	"path/filepath"
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

// Idle returns the items of the stacks in a folder. Everything else costs nothing while
// nobody calls: tables and functions are paid by use, APIs by call.
func Idle(dir string) ([]Item, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.yaml"))
	if err != nil {
		return nil, err
	}
	var keys, alarms, queues, runs float64
	for _, file := range files {
		text, err := os.ReadFile(file) // a file of the repository
		if err != nil {
			return nil, err
		}
		var doc struct {
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
		if err := yaml.Unmarshal(text, &doc); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		for _, r := range doc.Resources {
			switch r.Type {
			case "AWS::KMS::Key":
				keys++
			case "AWS::CloudWatch::Alarm": // each metric of an expression is paid, and not the expression
				alarms += float64(max(1, len(r.Properties.Metrics)-1))
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
				}
			}
		}
	}
	const polls = 5 * 3 * minutes // Lambda begins with five pollers, each waits 20 s for a message
	return []Item{
		{"seal key", keys, "key", 1, 0},
		{"alarms (none with Alarms=false)", alarms, "metric", 0.10, 10},
		{"receives of empty queues by Lambda", queues * polls / 1e6, "million requests", queueCall, 1},
		{"metrics of the scheduled workers", 6, "metric", 0.30, 10},
		{"scheduled workers", runs / 1e6, "million invocations of 0.1 s", invocation + 100*millisecond, 1},
		{"lines of the scheduled workers", runs * 800 / 1e9, "GB", 0.50, 5},
	}, nil
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
	if strings.HasPrefix(unit, "hour") {
		n *= 60
	}
	return minutes / n, nil
}

// FormatIdle returns the items as a table, with sums.
func FormatIdle(items []Item) string {
	var b strings.Builder
	b.WriteString("item\tcount\tunit\tusd_per_unit\tfree\tusd_first_stage\tusd_further_stage\n")
	var first, further, quietFirst, quietFurther float64
	for _, i := range items {
		f, g := i.USD()
		fmt.Fprintf(&b, "%s\t%.3g\t%s\t%.2f\t%g\t%.2f\t%.2f\n", i.Name, i.Count, i.Unit, i.Price, i.Free, f, g)
		first, further = first+f, further+g
		if !strings.HasPrefix(i.Name, "alarms") {
			quietFirst, quietFurther = quietFirst+f, quietFurther+g
		}
	}
	fmt.Fprintf(&b, "a month, with alarms\t\t\t\t\t%.2f\t%.2f\n", first, further)
	fmt.Fprintf(&b, "a month, without alarms\t\t\t\t\t%.2f\t%.2f\n", quietFirst, quietFurther)
	return b.String()
}
