import { useMutation } from '@tanstack/react-query';

import { api, unwrap } from '@/lib/api/client';

/** Open a demo account with paper money and sign in to it, in one step. */
export function useStartDemo(onStarted: () => void) {
  return useMutation({ mutationFn: () => unwrap(api.POST('/v1/auth/demo')), onSuccess: onStarted });
}
