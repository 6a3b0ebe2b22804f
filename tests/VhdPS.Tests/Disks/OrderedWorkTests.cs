using VhdPS.Engine.Disks;


namespace VhdPS.Tests.Disks;

public class OrderedWorkTests
{
    [Fact]
    public void Results_come_in_the_order_of_the_units_whichever_ends_first()
    {
        IEnumerable<int> results = OrderedWork.Run(
            Enumerable.Range(0, 200),
            (unit, _) =>
            {
                Thread.SpinWait(unit % 7 == 0 ? 20_000 : 10);
                return unit;
            },
            CancellationToken.None);
        Assert.Equal(Enumerable.Range(0, 200), results);
    }

    [Fact]
    public void The_first_failure_by_order_ends_the_sequence_behind_the_results_before_it()
    {
        var seen = new List<int>();
        var error = Assert.Throws<InvalidOperationException>(() =>
        {
            foreach (int result in OrderedWork.Run(
                Enumerable.Range(0, 100), (unit, _) => unit is 10 or 11 ? throw new InvalidOperationException($"{unit}") : unit,
                CancellationToken.None))
            {
                seen.Add(result);
            }
        });
        Assert.Equal("10", error.Message);
        Assert.Equal(Enumerable.Range(0, 10), seen);
    }

    [Fact]
    public void A_caller_that_stops_early_waits_for_what_has_begun_and_begins_no_more()
    {
        int begun = 0, ended = 0;
        IEnumerable<int> results = OrderedWork.Run(
            Enumerable.Range(0, 1000),
            (unit, stopping) =>
            {
                Interlocked.Increment(ref begun);
                stopping.WaitHandle.WaitOne(unit == 0 ? 0 : Timeout.Infinite);
                Interlocked.Increment(ref ended);
                return unit;
            },
            CancellationToken.None);
        Assert.Equal(0, results.First());
        Assert.Equal(begun, ended);
        Assert.InRange(begun, 1, OrderedWork.Depth);
    }

    [Fact]
    public void Cancelling_ends_the_sequence()
    {
        using var source = new CancellationTokenSource();
        IEnumerable<int> results = OrderedWork.Run(Enumerable.Range(0, 1000), (unit, _) => unit, source.Token);
        Assert.Throws<OperationCanceledException>(() =>
        {
            foreach (int result in results)
            {
                if (result == 5)
                {
                    source.Cancel();
                }

                Assert.InRange(result, 0, 5);
            }
        });
    }
}
