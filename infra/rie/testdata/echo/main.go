// Echo is a Lambda function that returns the event that it received, or fails as the event
// asks. The tests of packages rie and sam invoke it.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
)

type answer struct {
	Handler  string          `json:"handler"`
	Event    json.RawMessage `json:"event"`
	Database string          `json:"database,omitempty"` // what DynamoDB answered, if the event asks for it
}

func main() {
	lambda.Start(func(ctx context.Context, event json.RawMessage) (answer, error) {
		var in struct{ Do string }
		if err := json.Unmarshal(event, &in); err != nil {
			return answer{}, err
		}
		a := answer{Handler: os.Getenv("_HANDLER"), Event: event}
		switch in.Do {
		case "fail":
			return answer{}, errors.New("asked to fail")
		case "exit":
			os.Exit(3)
		case "sleep":
			time.Sleep(time.Minute)
		case "database":
			req, err := http.NewRequestWithContext(ctx, http.MethodGet, os.Getenv("AWS_ENDPOINT_URL_DYNAMODB"), nil)
			if err != nil {
				return answer{}, err
			}
			res, err := http.DefaultClient.Do(req)
			if err != nil {
				return answer{}, err
			}
			defer res.Body.Close()
			text, err := io.ReadAll(res.Body)
			if err != nil {
				return answer{}, err
			}
			a.Database = res.Header.Get("X-Amzn-Requestid") + string(text)
		}
		return a, nil
	})
}
