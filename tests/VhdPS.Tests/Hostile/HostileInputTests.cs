using VhdPS.Tests.Crash;
using Xunit.Abstractions;

namespace VhdPS.Tests.Hostile;

/// <summary>Hostile files by the hundred thousand, the same on every run; what one of them found is kept below by its seed.</summary>
public sealed class HostileInputTests(ITestOutputHelper output)
{
    private static readonly int Files = LongRun.Count(200_000, 10_000_000);

    [Fact]
    public void NoFileGetsMoreThanATypedError()
    {
        var failures = new List<string>();
        for (int seed = 0; seed < Files && failures.Count < 20; seed++)
        {
            try
            {
                HostileFile.Exercise(new Mutator(new Random(seed)).Next());
            }
            catch (Exception error)
            {
                failures.Add($"the file of seed {seed}: {error}");
            }
        }

        output.WriteLine($"{Files} files");
        Assert.True(failures.Count == 0, string.Join("\n\n", failures));
    }
}
