const ADDRESS = 'support@openbell.example';

/** A mail to support that already says what went wrong, so that nobody has to ask. */
export function supportLink(reason: string, requestId: string | null): string {
  const lines = [reason, requestId === null ? '' : `Request ${requestId}`, `Page ${window.location.pathname}`];
  const body = lines.filter((line) => line !== '').join('\n');
  return `mailto:${ADDRESS}?subject=${encodeURIComponent('OpenBell: I need help')}&body=${encodeURIComponent(body)}`;
}
