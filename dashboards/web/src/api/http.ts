/**
 * One door to the server. Every refusal becomes an `ApiError` whose `code` is the server's stable word
 * (`offline` when nothing answered), so that screens can word it.
 */

export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    readonly detail: string,
    readonly errors: Record<string, string> = {},
    readonly retryAfter: number | null = null,
  ) {
    super(detail || code)
    this.name = "ApiError"
  }
}

let csrf = ""
let signedOut: () => void = () => {}

export function setCsrf(value: string): void {
  csrf = value
}

/** `handler` runs when the server says the session is over. */
export function onSignedOut(handler: () => void): void {
  signedOut = handler
}

export type Query = Record<string, string | number | null | undefined>

export function withQuery(path: string, query: Query = {}): string {
  const params = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    if (value !== null && value !== undefined && value !== "") params.set(name, String(value))
  }
  const text = params.toString()
  return text ? `${path}?${text}` : path
}

async function refusal(response: Response): Promise<ApiError> {
  let problem: { code?: string; detail?: string; title?: string; errors?: Record<string, string> } = {}
  try {
    problem = await response.json()
  } catch {
    /* not a problem document: the status has to do */
  }
  const after = Number(response.headers.get("Retry-After"))
  return new ApiError(
    response.status,
    problem.code ?? `http_${response.status}`,
    problem.detail ?? problem.title ?? "",
    problem.errors ?? {},
    Number.isFinite(after) && after > 0 ? after : null,
  )
}

export interface CallOptions {
  body?: unknown
  signal?: AbortSignal
  quiet401?: boolean
  /** Milliseconds until a server that says nothing counts as not reached. */
  patience?: number
}

export async function call<T>(method: string, path: string, options: CallOptions = {}): Promise<T> {
  const headers: Record<string, string> = { Accept: "application/json" }
  if (method !== "GET") headers["X-CSRF-Token"] = csrf
  let body: BodyInit | undefined
  if (options.body instanceof FormData) body = options.body
  else if (options.body !== undefined) {
    headers["Content-Type"] = "application/json"
    body = JSON.stringify(options.body)
  }
  let response: Response
  try {
    const signal = options.patience ? AbortSignal.timeout(options.patience) : options.signal
    response = await fetch(path, { method, headers, body, signal, credentials: "same-origin" })
  } catch (error) {
    if (options.signal?.aborted) throw error
    throw new ApiError(0, "offline", "")
  }
  if (!response.ok) {
    const error = await refusal(response)
    if (error.status === 401 && !options.quiet401) signedOut()
    throw error
  }
  return response.status === 204 ? (undefined as T) : ((await response.json()) as T)
}

export const get = <T>(path: string, query?: Query, signal?: AbortSignal): Promise<T> =>
  call<T>("GET", withQuery(path, query), { signal })
export const post = <T>(path: string, body?: unknown, patience?: number): Promise<T> => call<T>("POST", path, { body, patience })
export const patch = <T>(path: string, body: unknown): Promise<T> => call<T>("PATCH", path, { body })
export const remove = (path: string): Promise<void> => call<void>("DELETE", path)
