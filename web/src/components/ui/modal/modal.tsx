import type { ReactNode } from 'react';
import { Dialog, Heading as AriaHeading, Modal as AriaModal, ModalOverlay } from 'react-aria-components';

import { Button } from '@/components/ui/button/button';
import { Icon } from '@/components/ui/icon/icon';

import styles from './modal.module.css';

interface ModalProps {
  title: string;
  isOpen: boolean;
  onClose: () => void;
  /** False while closing would lose something on its way; Escape and the backdrop then do nothing. */
  isDismissable?: boolean;
  children: ReactNode;
}

/** A sheet from below on a phone, a dialog in the middle on a wider screen. Focus stays inside while open. */
export function Modal({ title, isOpen, onClose, isDismissable = true, children }: ModalProps) {
  return (
    <ModalOverlay
      className={styles.overlay ?? ''}
      isOpen={isOpen}
      isDismissable={isDismissable}
      isKeyboardDismissDisabled={!isDismissable}
      onOpenChange={(open) => {
        if (!open) onClose();
      }}
    >
      <AriaModal className={styles.sheet ?? ''}>
        <Dialog className={styles.dialog ?? ''}>
          <div className={styles.head}>
            <AriaHeading slot="title" level={2} className={styles.title ?? ''}>
              {title}
            </AriaHeading>
            <Button look="quiet" icon label="Close" onPress={onClose} isDisabled={!isDismissable}>
              <Icon name="close" />
            </Button>
          </div>
          {children}
        </Dialog>
      </AriaModal>
    </ModalOverlay>
  );
}
