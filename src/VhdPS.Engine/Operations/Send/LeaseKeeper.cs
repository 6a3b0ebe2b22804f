using VhdPS.Engine.Pages;

namespace VhdPS.Engine.Operations.Send;

/// <summary>
/// A lease on a blob that is renewed until it is given back. Where the process ends without that, it ends by itself within
/// a minute, and the next run of the same work need not wait for it.
/// </summary>
internal sealed class LeaseKeeper : IDisposable
{
    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan RenewalInterval = TimeSpan.FromSeconds(20);

    private readonly PageBlob _blob;
    private readonly CancellationTokenSource _closing = new();
    private readonly CancellationTokenSource _lost = new();
    private readonly Task _renewal;

    private LeaseKeeper(PageBlob blob)
    {
        _blob = blob;
        _renewal = Task.Run(RenewAsync);
    }

    /// <summary>Set when someone else has taken the lease.</summary>
    public CancellationToken Lost => _lost.Token;

    /// <summary>Why the lease is gone; null while it is not.</summary>
    public TransferException? Failure { get; private set; }

    /// <summary>Takes the lease.</summary>
    /// <param name="blob">The blob.</param>
    /// <param name="mayBreak">Whether a lease that is there is one of our own, left by an earlier run.</param>
    /// <param name="retry">How often it is tried.</param>
    /// <param name="cancellation">Ends the requests.</param>
    /// <exception cref="TransferException">Someone else has it.</exception>
    public static LeaseKeeper Take(PageBlob blob, bool mayBreak, TransferRetry retry, CancellationToken cancellation)
    {
        try
        {
            retry.Run(token => blob.AcquireLeaseAsync(Duration, token), cancellation);
        }
        catch (TransferException error) when (error.Fault == TransferFault.BlobInUse && mayBreak)
        {
            retry.Run(blob.BreakLeaseAsync, cancellation);
            retry.Run(token => blob.AcquireLeaseAsync(Duration, token), cancellation);
        }

        return new LeaseKeeper(blob);
    }

    /// <summary>Gives the lease back, as far as the service still answers.</summary>
    public void Dispose()
    {
        _closing.Cancel();
        _renewal.Wait(CancellationToken.None);
        if (Failure is null)
        {
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(5));
            try
            {
                Task.Run(() => _blob.ReleaseLeaseAsync(limit.Token)).Wait(CancellationToken.None);
            }
            catch (AggregateException error) when (error.InnerException is TransferException or OperationCanceledException)
            {
                // It ends by itself.
            }
        }

        _blob.LeaseId = null;
        _closing.Dispose();
        _lost.Dispose();
    }

    private async Task RenewAsync()
    {
        while (true)
        {
            try
            {
                await Task.Delay(RenewalInterval, _closing.Token).ConfigureAwait(false);
                await _blob.RenewLeaseAsync(_closing.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (TransferException error) when (error.Fault == TransferFault.BlobInUse)
            {
                Failure = error;
                await _lost.CancelAsync().ConfigureAwait(false);
                return;
            }
            catch (TransferException)
            {
                // Tried again at the next turn; the writing requests themselves find out what is wrong.
            }
        }
    }
}
