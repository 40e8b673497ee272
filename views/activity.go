package views

import (
	"context"

	"reglink/app"
)

// activityText says what happened in one sentence.
func activityText(ctx context.Context, a app.Activity) string {
	return t(ctx, "activity_"+string(a.Event), "Actor", actorName(ctx, a), "Subject", personName(a.Subject))
}

func actorName(ctx context.Context, a app.Activity) string {
	if a.Actor == nil {
		return t(ctx, "actor_portal")
	}
	return a.Actor.Name()
}

func personName(person *app.Identity) string {
	if person == nil {
		return ""
	}
	return person.Name()
}
