// Reglink is the part of a customer support portal where a company lets its own people in: a Super User of its account
// generates one registration link, and each person who opens it completes one form and has a login.
//
// The program is one file with everything in it. Without arguments it serves the portal. reglink --help lists its
// commands, and reglink help settings every setting.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"time"

	"reglink/app/cli"
)

// secondSignalAfter is how much later a signal counts as a second one: some programs, such as timeout, send theirs
// twice at the same time.
const secondSignalAfter = time.Second

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// The first signal asks to finish. The next one ends the program immediately, as signals do by themselves.
	context.AfterFunc(ctx, func() { time.AfterFunc(secondSignalAfter, stop) })
	program := cli.Program{Getenv: os.Getenv, Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr}
	os.Exit(program.Run(ctx, os.Args[1:]))
}
