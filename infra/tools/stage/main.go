// Command stage calls a deployed stage. infra/tools/deploy runs it, and gives it the addresses
// and the credentials in environment variables:
//
//	stage smoke        check that every surface answers
//	stage app NAME     create an application and print its secret, which is not shown again
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"parley/infra/smoke"
)

const (
	patience = 2 * time.Minute // how long a verb may take
	tries    = 15              // of each step of a check
	every    = 2 * time.Second
)

func main() {
	if err := run(context.Background(), os.Args[1:], os.Getenv, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "stage:", err)
		os.Exit(1)
	}
}

// run runs one of the two verbs.
func run(ctx context.Context, args []string, env func(string) string, out io.Writer) error {
	operator := smoke.Operator{URL: env("OPERATOR_URL"), Region: env("AWS_REGION"), Credentials: aws.Credentials{
		AccessKeyID: env("AWS_ACCESS_KEY_ID"), SecretAccessKey: env("AWS_SECRET_ACCESS_KEY"), SessionToken: env("AWS_SESSION_TOKEN"),
	}}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	switch {
	case len(args) == 1 && args[0] == "smoke":
		stage := smoke.Stage{Operator: operator, Tencent: env("TENCENT_URL"), Client: env("CLIENT_URL"), Socket: env("SOCKET_URL")}
		return stage.Check(ctx, tries, every, out)
	case len(args) == 2 && args[0] == "app" && args[1] != "":
		app, err := operator.CreateApp(ctx, args[1])
		if err != nil {
			return err
		}
		text, err := json.MarshalIndent(map[string]any{"SdkAppId": app.ID, "Secret": app.Secret, "Admins": app.Admins}, "", "  ")
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(out, "%s\nThe secret is not shown again.\n", text)
		return err
	}
	return errors.New("usage: stage smoke, or stage app NAME")
}
