using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Toolchains.InProcess.Emit;

namespace VhdPS.Bench.Benchmarks;

/// <summary>Runs in this process: the generated projects of the usual toolchain cannot restore with locked packages.</summary>
internal static class HotPathConfig
{
    public static IConfig Create() => DefaultConfig.Instance
        .AddJob(Job.ShortRun.WithToolchain(InProcessEmitToolchain.Instance))
        .HideColumns(Column.Error, Column.RatioSD);
}
