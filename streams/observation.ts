import type { Observable } from 'rxjs'
import type { Path } from '../objects/path.ts'
import { type NotificationCause, type NotifyAttributesOptions, notifyAttributes } from './notify-attributes.ts'
import type { PathRouter } from './route.ts'

export interface ObservationOptions extends NotifyAttributesOptions {
  readonly path: Path
  readonly router: PathRouter
}

/** When to notify one observation of one path, and why: read `path` and send at each emission. */
export function observation(options: ObservationOptions): Observable<NotificationCause> {
  return options.router.changesOf(options.path).pipe(notifyAttributes(options))
}
