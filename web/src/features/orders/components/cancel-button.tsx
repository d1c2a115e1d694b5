import { Button } from '@/components/ui/button/button';
import { Notice } from '@/components/ui/notice/notice';
import { reasonOf } from '@/lib/api/problem';
import type { Order } from '@/lib/api/types';
import { orderTitle } from '@/lib/order-words';

import { useCancelOrder } from '../api/cancel-order';

interface CancelButtonProps {
  order: Order;
  wide?: boolean;
}

/** Cancel what of the order still works. */
export function CancelButton({ order, wide = false }: CancelButtonProps) {
  const cancel = useCancelOrder();
  return (
    <>
      <Button
        look="danger"
        wide={wide}
        label={`Cancel order: ${orderTitle(order)}`}
        isPending={cancel.isPending}
        onPress={() => {
          cancel.mutate(order);
        }}
      >
        Cancel order
      </Button>
      {cancel.isError && (
        <Notice tone="danger" role="alert">
          {reasonOf(cancel.error)} The order still works.
        </Notice>
      )}
    </>
  );
}
