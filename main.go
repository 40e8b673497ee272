// Reglink is the part of a customer support portal where a company lets its own people in: a Super User of its account
// generates one registration link, and whoever opens it fills in one form and has a login.
//
// The program is one file with everything in it. Without arguments it serves the portal; reglink --help lists what else it does
// and every setting.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"reglink/app/cli"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // the first signal asks to finish; the second one ends the program as signals do
	program := cli.Program{Getenv: os.Getenv, Stdout: os.Stdout, Stderr: os.Stderr}
	os.Exit(program.Run(ctx, os.Args[1:]))
}
