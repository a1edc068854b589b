// Written by make_wire.py from the dataclasses of the server side; do not edit.

export type Json = null | boolean | number | string | Json[] | { [name: string]: Json };
export type JsonObject = { [name: string]: Json };

export const EVENTS = 'https://events.toolvet.dev/queue/v1';

export const SESSION_HEADER = 'X-Toolvet-Session';

export const SESSION_S = 900;

export const SHOW_OPTION = 'toolvetShow';

export interface IPrincipalView {
  id: string;
  name: string;
  kind: string;
  roles: string[];
  sponsor: string | null;
  active: boolean;
  keys: string[];
  pending_keys: string[];
}

export interface IServiceView {
  service_id: string;
  version: string;
  api: number;
  log_key: string;
  checkpoint: string;
  policy_digest: string;
  preset: string;
  tier: string;
  me: IPrincipalView | null;
}

export interface IKeyOwner {
  fingerprint: string;
  principal: string;
  name: string;
  state: string;
  public: string;
  enrolled: number | null;
  revoked: number | null;
}

export interface IStatus {
  version: string;
  service: IServiceView;
  signer: IKeyOwner | null;
  why_no_signer: string;
}

export interface IBallot {
  proposal: string;
  subject_name: string;
  release: string;
  revision: string;
  base: string | null;
  dossier: string;
  policy: string;
  tier: string;
  kind: string;
  service: string;
  rubric: { [name: string]: string };
  waivers: string[];
  channel: 'stable';
  verdict: 'approve';
}

export interface IFindingView {
  rule: string;
  severity: 'error' | 'warning' | 'note';
  category: string;
  message: string;
  path: string;
  line: number;
  end_line: number;
  snippet: string;
  why: string;
  fix: string;
  cwe: string;
  fingerprint: string;
  hidden: boolean;
}

export interface IEvidenceView {
  check: string;
  status: 'passed' | 'failed' | 'warned' | 'unknown' | 'skipped';
  summary: string;
  digest: string;
  duration_ms: number;
  findings: IFindingView[];
  measurements: JsonObject;
  tools: { [name: string]: string };
  not_looked_at: string[];
  tier: string | null;
}

export interface IRubricLine {
  criterion: string;
  mark: 'met' | 'unmet' | 'unknown';
  required: boolean;
  why: string;
  evidence: string[];
}

export interface IVoteView {
  voter: string;
  voter_id: string;
  verdict: string;
  release_digest: string;
  envelope: string;
  time: string;
  note: string;
  as_sponsor: boolean;
  revoked: boolean;
}

export interface ICommentView {
  id: string;
  author: string;
  author_kind: string;
  text: string;
  time: string;
  path: string;
  line: number;
  revision: number;
}

export interface IRevisionView {
  number: number;
  digest: string;
  submitted_at: string;
  state: 'verifying' | 'passed' | 'failed';
  release_digest: string | null;
  dossier_digest: string | null;
}

export interface IDraftView {
  id: string;
  revision: number;
  by: string;
  time: string;
  status: 'running' | 'succeeded' | 'incomplete' | 'failed' | 'interrupted';
  arguments: string;
  result: string;
  code: string;
  message: string;
  duration_ms: number;
  tier: string | null;
  cut: boolean;
  erased: boolean;
}

export interface INeed {
  tool: string;
  kind: 'secret' | 'mount';
  name: string;
  why: string;
  command: string;
  hosts: string[];
  writes: boolean;
}

export interface IWaiverView {
  proposal: string;
  tool: string;
  release_digest: string;
  fingerprint: string;
  rule: string;
  voter: string;
  voter_id: string;
  reason: string;
  signed_at: string;
  expires: string;
  expired: boolean;
  counts: boolean;
  serving: boolean;
  envelope: string;
}

export interface IProposalView {
  id: string;
  toolset: string;
  tool: string;
  state: 'verifying' | 'changes_wanted' | 'reviewing' | 'published' | 'rejected' | 'withdrawn' | 'stale';
  turn: 'machine' | 'author' | 'reviewers' | 'nobody';
  author: string;
  author_id: string;
  sponsor_id: string | null;
  kind: 'pure' | 'read' | 'write' | 'destructive' | null;
  revision: number;
  revision_digest: string;
  release_digest: string | null;
  base_release: string | null;
  created_at: string;
  updated_at: string;
  verdict: 'pending' | 'passed' | 'needs_secret' | 'failed';
  summary: string;
  reason: string;
  evidence: IEvidenceView[];
  rubric: IRubricLine[];
  votes: IVoteView[];
  comments: ICommentView[];
  revisions: IRevisionView[];
  people_needed: number;
  follows: string | null;
  drafts: IDraftView[];
  draft_count: number;
  needs: INeed[];
  waivers: IWaiverView[];
  awaiting: string[];
  retry_after_s: number | null;
}

export interface IBriefLine {
  label: string;
  text: string;
  tone: 'plain' | 'good' | 'bad' | 'unsure' | 'quiet';
  path: string;
  line: number;
}

export interface IBriefSection {
  key: 'first' | 'is' | 'may' | 'changed' | 'wrong' | 'tried' | 'rubric' | 'talk';
  title: string;
  lines: IBriefLine[];
}

export interface IHunkLine {
  kind: ' ' | '-' | '+';
  text: string;
  old: number;
  new: number;
  ended: boolean;
}

export interface IHunk {
  old_start: number;
  old_count: number;
  new_start: number;
  new_count: number;
  lines: IHunkLine[];
}

export interface IFileChange {
  path: string;
  status: 'added' | 'removed' | 'changed' | 'same';
  old: string | null;
  new: string | null;
  binary: boolean;
  added: number;
  removed: number;
  hunks: IHunk[];
  old_size: number;
  new_size: number;
}

export interface ICaseTest {
  what: string;
  arguments: string;
  test: string;
  words: string;
}

export interface IReviewPage {
  view: IProposalView;
  sections: IBriefSection[];
  files: IFileChange[];
  why_not: string;
  ballot: IBallot | null;
  signer: IKeyOwner | null;
  why_no_signer: string;
  cases: ICaseTest[];
  withheld: boolean;
}

export interface ISealedKeyAnswer {
  owner: IKeyOwner;
  document: JsonObject;
}

export interface IStatementWanted {
  act: 'login' | 'vote';
  proposal: string;
  dossier: string;
  note: string;
}

export interface ISaltedWords {
  salt: string;
  text: string;
}

export interface IUnsignedStatement {
  statement_b64: string;
  words: ISaltedWords | null;
}

export interface ILoginSigned {
  envelope: string;
}

export interface ISessionOpened {
  token: string;
  lasts_s: number;
}

export interface IVoteSigned {
  envelope: string;
  note: ISaltedWords | null;
}

export interface IAgainst {
  digest: string;
  note: string;
}

export interface IRemark {
  text: string;
  path: string;
  line: number;
}

export interface ILogGrew {
  index: number;
  connected: boolean;
  kinds: string[];
  catalogue: boolean;
}

export interface IErrorBody {
  code: string;
  message: string;
  hint: string;
  retry_after_s: number | null;
}

export interface IErrorAnswer {
  error: IErrorBody;
}

export interface IQueueItem {
  id: string;
  toolset: string;
  tool: string;
  kind: 'pure' | 'read' | 'write' | 'destructive' | null;
  state: 'verifying' | 'changes_wanted' | 'reviewing' | 'published' | 'rejected' | 'withdrawn' | 'stale';
  turn: 'machine' | 'author' | 'reviewers' | 'nobody';
  verdict: string;
  change: 'new' | 'update';
  author: string;
  revision: number;
  updated_at: string;
  marks: string;
  errors: number;
  warnings: number;
  summary: string;
  created_at: string;
  risk: number;
  risk_why: string;
  reach: number;
  waited_s: number;
  clock_runs: boolean;
  due_at: string | null;
  whose: string[];
  mine: boolean;
  claimed_by: string;
  snoozed_until: string | null;
  open_threads: number;
  objections: number;
  release_digest: string | null;
  revision_digest: string;
  same_as: string | null;
  low_risk: boolean;
}

export interface IQueuePage {
  items: IQueueItem[];
  next: string | null;
}

export const CRITERIA = ['correctness', 'safety', 'idempotency', 'observability', 'rollback', 'cost'];

export const CHANGES_FROM = ['changes_wanted', 'reviewing'];

export const REJECT_FROM = ['changes_wanted', 'reviewing', 'stale', 'verifying'];
