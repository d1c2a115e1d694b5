import { useMutation } from '@tanstack/react-query';

import { api, unwrap } from '@/lib/api/client';

export function useLogOut(onEnded: () => void) {
  return useMutation({ mutationFn: () => unwrap(api.POST('/v1/auth/logout')), onSuccess: onEnded });
}
