import { useRegisterSW } from 'virtual:pwa-register/react';

import { Button } from '@/components/ui/button/button';

import styles from './update-prompt.module.css';

/** A new version of the app waits: it is taken when asked for, never over an open ticket. */
export function UpdatePrompt() {
  const {
    needRefresh: [waiting, setWaiting],
    updateServiceWorker,
  } = useRegisterSW();
  return (
    <div role="status">
      {waiting && (
        <div className={styles.prompt}>
          <p>A new version is ready.</p>
          <Button look="primary" onPress={() => void updateServiceWorker(true)}>
            Reload
          </Button>
          <Button
            look="quiet"
            onPress={() => {
              setWaiting(false);
            }}
          >
            Later
          </Button>
        </div>
      )}
    </div>
  );
}
