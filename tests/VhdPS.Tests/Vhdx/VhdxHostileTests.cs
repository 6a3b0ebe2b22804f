using VhdPS.Tests.Crash;
using Xunit.Abstractions;

namespace VhdPS.Tests.Vhdx;

/// <summary>Hostile files by the ten thousand, the same on every run: only typed errors may come of them, and little memory.</summary>
public sealed class VhdxHostileTests(ITestOutputHelper output)
{
    private static readonly int Files = LongRun.Count(10_000, 2_000_000);

    [Fact]
    public void NoFileGetsMoreThanATypedError()
    {
        var failures = new List<string>();
        var outcomes = new SortedDictionary<string, int>();
        for (int seed = 0; seed < Files && failures.Count < 10; seed++)
        {
            try
            {
                string outcome = VhdxHostileFile.Exercise(new VhdxMutator(new Random(seed)).Next());
                outcomes[outcome] = outcomes.GetValueOrDefault(outcome) + 1;
            }
            catch (Exception error)
            {
                failures.Add($"the file of seed {seed}: {error}");
            }
        }

        output.WriteLine(string.Join('\n', outcomes.Select(outcome => $"{outcome.Value} {outcome.Key}")));
        Assert.True(failures.Count == 0, string.Join("\n\n", failures));

        // The files reach into all that there is to be reached.
        Assert.True(outcomes.Count > 25, $"{outcomes.Count} outcomes");
        Assert.True(outcomes["opened"] > Files / 10, $"{outcomes["opened"]} were opened");
    }
}
