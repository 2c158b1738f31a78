// Command echo is the function that the tests run. It does what the event says.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
)

type event struct {
	Sleep  int    // ms
	Until  string // wait until this file exists
	Fail   string // return an error with this message
	Exit   int    // end the process with this exit status
	Panic  bool
	Env    string // return the value of this environment variable
	Big    int    // return a string of this many bytes
	Repeat bool   // return how many events this process has received
}

func main() {
	if os.Getenv("BROKEN") != "" {
		os.Exit(3)
	}
	calls := 0
	lambda.Start(func(ctx context.Context, in json.RawMessage) (any, error) {
		calls++
		var e event
		if err := json.Unmarshal(in, &e); err != nil {
			return nil, err
		}
		fmt.Printf(`{"msg":"call","operation":%q,"outcome":"ok","duration_ms":1.5,"cold":%v,"W":2,"R":0.5}`+"\n", os.Getenv("_HANDLER"), calls == 1)
		time.Sleep(time.Duration(e.Sleep) * time.Millisecond)
		for e.Until != "" {
			if _, err := os.Stat(e.Until); err == nil {
				break
			}
			time.Sleep(time.Millisecond)
		}
		switch {
		case e.Exit != 0:
			os.Exit(e.Exit)
		case e.Panic:
			panic("at the handler")
		case e.Fail != "":
			return nil, errors.New(e.Fail)
		case e.Env != "":
			return os.Getenv(e.Env), nil
		case e.Big != 0:
			return string(make([]byte, e.Big)), nil
		case e.Repeat:
			return calls, nil
		}
		return in, nil
	})
}
